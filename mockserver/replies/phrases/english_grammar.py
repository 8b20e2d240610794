"""How English requests are built, to find out what they are about."""

# ruff: noqa: RUF001 (the apostrophe is the language's own)
from __future__ import annotations

from typing import Final

from mockserver.replies.phrases.bank import words

STOPWORDS: Final = words("""
        python javascript typescript html css bash sql json markdown
    a about above actually add after again all also am an and any are as at be because been before being below best
    better between both bullet bullets but by can code compare could create describe detailed did do does doing done
    down draft during each essay every example examples explain few first for from function gave generate get give
    go good great had has have having he hello help her here hers hey hi him his how i i'd i'll i'm i've ideas if in
    into is it it's its just kindly know least less let let's like link links list little long longer look made make
    many may me might mine more most much must my need new no nor not now of off ok on once one only or other our
    out over own please read really reply say see send sentence sentences she short shorter should show so some
    something sources step steps story such suggest summarise summarize summary table tell than thank thanks that
    that's the their them then there these they thing things think this those three through tip tips to too two
    under until up upon us use using very want was way we well were what what's when where which while who why will
    with words would write yes you you're your
""")

_FORM_NOUNS = (
    "table|list|overview|summary|essay|story|paragraph|explanation|ideas?|tips?|suggestions?|examples?|links?|sources?|"
    "article|steps?|description|sentences?|pros and cons|facts?"
)

LEAD_INS: Final = (
    (r"(?:please|kindly|hi|hello|hey|there|okay|ok|so|and|now|well|thanks|also|just|then)\b[\s,!:]*", None),
    (r"(?:can|could|would|will) you(?: please)?\s+", None),
    (r"(?:i|we)(?:'d| would)? (?:need|want|like|love) you to\s+", None),
    (r"(?:i|we)(?:'d| would)? (?:need|want|like|love|have)(?: you)? to (?:know|see|hear)(?: about)?\s+", ""),
    (r"(?:i|we)(?:'d| would)? (?:need|want|like|love|have) to\s+", "how to "),
    (r"(?:i|we)(?:'d| would)? (?:need|want|like|love)\s+", ""),
    (r"(?:i|we)(?:'m| am|'re| are) (?:looking for|thinking (?:about|of)|working on)\s+", ""),
    (r"(?:i|we)(?:'m| am|'re| are) trying to\s+", "how to "),
    (r"help (?:me|us) (?:with|find)\s+", ""),
    (r"help (?:me|us)(?: to)?\s+", "how to "),
    (
        r"(?:tell|give|show|send|write|draft|create|make|generate|suggest|compose|find|list|explain|describe|"
        r"summari[sz]e|discuss|prepare|provide|share|compare|brainstorm|plan|get)\b"
        r"(?: (?:me|us))?(?: (?:about|of|through))?\s+",
        "",
    ),
    (r"(?:what(?:'s| is| are| was| were)|who(?:'s| is| are)|where(?:'s| is| are)|about)\s+", ""),
    (r"how (?:do|can|should|would|could) (?:i|we|you|one)\s+", "how to "),
    (r"(?:do you (?:have|know)|have you got)(?: any(?:thing)?)?(?: about| on| for)?\s+", ""),
    (
        r"(?:(?:a|an|the|some|any|few|\d+|three|five|short|brief|quick|long|detailed|simple|good|nice|markdown|"
        rf"bulleted|numbered)\s+)*(?:{_FORM_NOUNS})\s+(?:of|about|on|for|to|comparing|showing)\s+",
        "",
    ),
)

SWAPS: Final = {
    "my": "your", "our": "your", "mine": "yours", "me": "you", "us": "you", "i": "you", "we": "you",
    "i'm": "you’re", "am": "are", "your": "my", "yours": "mine", "myself": "yourself",
}  # fmt: skip
