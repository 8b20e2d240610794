"""Small pieces of code that work, by language.

`LABEL` stands for a few words of the topic, `SLUG` for the same as `a-few-words`.
"""

from __future__ import annotations

from typing import Final

from mockserver.replies.phrases.bank import Bank

FITS_ANY_TOPIC: Final = ("html", "json")
"""What an assistant might show unasked."""

CODE_SAMPLES: Final[dict[str, Bank]] = {
    "python": (
        '''import re


def slugify(title: str) -> str:
    """Turn a headline into the last part of a URL."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words)


print(slugify("LABEL"))''',
        '''from collections import Counter


def top_words(text: str, limit: int = 5) -> list[tuple[str, int]]:
    """The words that a text uses most, without the short ones."""
    words = (word.strip(".,!?").lower() for word in text.split())
    return Counter(word for word in words if len(word) > 3).most_common(limit)


print(top_words("LABEL and once more LABEL"))''',
        '''from urllib.parse import urlencode


def campaign_link(base: str, source: str, campaign: str) -> str:
    """A link that tells your analytics where a visitor came from."""
    query = urlencode({"utm_source": source, "utm_campaign": campaign})
    return f"{base}?{query}"


print(campaign_link("https://example.com", "newsletter", "SLUG"))''',
    ),
    "javascript": (
        """// Shorten a text at a word boundary.
function teaser(text, limit = 60) {
  if (text.length <= limit) return text;
  const end = text.lastIndexOf(" ", limit);
  return `${text.slice(0, end > 0 ? end : limit)}…`;
}

console.log(teaser("LABEL, in a few more words than anyone needs", 24));""",
        """// Count down to the launch, once a second.
let left = 5;
const timer = setInterval(() => {
  console.log(left > 0 ? `${left}…` : "LABEL is live!");
  if (left-- === 0) clearInterval(timer);
}, 1000);""",
    ),
    "typescript": (
        """interface Campaign {
  slug: string;
  title: string;
  channels: ("email" | "web" | "social")[];
}

const campaign: Campaign = {
  slug: "SLUG",
  title: "LABEL",
  channels: ["email", "web"],
};

console.log(`${campaign.title}: ${campaign.channels.join(", ")}`);""",
    ),
    "sql": (
        """-- Which channels brought in readers that came back?
SELECT channel,
       COUNT(*)              AS readers,
       AVG(visits)           AS visits_per_reader
FROM   readers
WHERE  campaign = 'SLUG'
GROUP  BY channel
HAVING COUNT(*) >= 10
ORDER  BY visits_per_reader DESC;""",
    ),
    "html": (
        """<section id="SLUG" class="hero">
  <h1>LABEL</h1>
  <p>Plain, friendly and ready when you are.</p>
  <a class="button" href="https://example.com/SLUG">Have a look</a>
</section>""",
    ),
    "css": (
        """.hero {
  display: grid;
  gap: 1rem;
  max-width: 60ch;
  margin-inline: auto;
  padding: clamp(1rem, 4vw, 3rem);
}

.hero .button:hover {
  text-decoration: underline;
}""",
    ),
    "bash": (
        """#!/usr/bin/env bash
set -euo pipefail

# Find the drafts about the topic, newest first.
grep --recursive --files-with-matches --ignore-case "LABEL" drafts/ \\
  | xargs ls -t \\
  | head -n 10""",
    ),
    "json": (
        """{
  "campaign": "SLUG",
  "title": "LABEL",
  "tone": ["warm", "specific"],
  "channels": {
    "email": { "subjectLines": 3 },
    "social": { "posts": 5 }
  },
  "callToAction": "Try it this week"
}""",
    ),
}
