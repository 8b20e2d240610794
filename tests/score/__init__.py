"""The kit's score: how many broken backends it turns red, and how many correct ones it turns red by mistake."""
