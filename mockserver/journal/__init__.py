"""What happened in a workspace: its requests and answers, bounded (`journal`), as HAR (`har`), to be verified."""
