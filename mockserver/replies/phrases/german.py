"""German."""

from __future__ import annotations

from typing import Final

from mockserver.replies.phrases.bank import Draft, Phrases, Table, Tip, words

GERMAN: Final = Phrases(
    quote="„{}“",
    stopwords=words("""
        aber alle als also am an auch auf aus bei bin bis bist bitte brauche da damit danke dann das dass dein deine dem
        den denn der des dich die dies diese dieser dieses dir doch du durch ein eine einem einen einer eines er erkläre
        erklär erstelle es etwas euch für gib hab habe haben hallo hast hat ich ideen ihm ihn ihnen ihr ihre im in ist
        ja kann kannst kein keine können könntest kurz lang lange liste mach mache man mehr mein meine meinem meinen
        meiner mich mir mit möchte muss nach nein nicht noch nun nur ob oder ohne schon schreib schreibe sehr sein seine
        sich sie sind so soll sollte sollten tabelle tipps über um und uns unser unsere vom von vor wann war warum was
        weil welche welcher wenn wer werden wie will wir wird wo würde zeig zeige zu zum zur zwei drei vier fünf
    """),
    lead_ins=(),
    swaps={},
    about_words=r"\b(?:für|über|zum|zur|zu)\b",
    no_topic="deinem Vorhaben",
    no_key="deine Idee",
    question_words=r"(?:was|wer|wen|wem|wessen|wo|woher|wohin|wann|warum|wieso|weshalb|wie|welche[rsnm]?|wozu)\b",
    days=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"),
    openings=("Gern helfe ich bei {topic}.",),
    quoted_openings=(
        "Gern helfe ich bei {topic}.",
        "Hier ist ein erster Vorschlag zu {topic}.",
        "Bringen wir {topic} in Form.",
        "Zu {topic} würde ich bei den Lesern anfangen und von dort zurückdenken.",
        "Bei {topic} gilt: weniger ist meistens mehr.",
        "Danke, zu {topic} habe ich damit genug in der Hand.",
        "In {topic} steckt viel Gutes. Darauf lässt sich aufbauen.",
    ),
    answers=(
        "Die kurze Antwort auf {topic}: Es kommt darauf an, wer es liest, aber es gibt einen guten Standard.",
        "Zu {topic} fahren die meisten mit der einfachen Lösung am besten.",
        "Gute Frage. Bei {topic} zählt Klarheit mehr als der Zeitpunkt.",
        "Bei {topic} würde ich nehmen, was am wenigsten Erklärung braucht.",
    ),
    verdicts=(
        "Zu {topic}: ja, mit Maß.",
        "Ja, im Großen und Ganzen. Bei {topic} entscheiden die Details.",
        "Zu {topic}: noch nicht ganz. Vorher würde ich eine Sache mit echten Lesern klären.",
        "Zu {topic}: vermutlich ja, und das lässt sich im Kleinen günstig herausfinden.",
    ),
    one_liners=(
        "Zu {topic}: erst der Nutzen, dann der Punkt.",
        "Zu {topic} in einem Satz: Sag es so, dass man es beim Frühstück weitererzählen kann.",
        "Mein Rat zu {topic}: Streich den ersten Satz und fang mit dem zweiten an.",
        "Zu {topic}: klein halten, greifbar machen und am {day} loslegen. 🚀",
        "Für {topic}: heute {minutes} Minuten und am {day} ein frischer Blick.",
        "Bei {topic} würde ich der Fassung trauen, über die {name} gelächelt hat. 🙂",
    ),
    sentences=(
        "Beginne mit dem, was die Leser davon haben; das Wie kommt später.",
        "Eine Zahl schlägt jedes Adjektiv: „fertig in {minutes} Minuten“ sagt mehr als „schnell“.",
        "Bei {company} gab es im Frühjahr etwas Ähnliches, und die schlichte Fassung hat gewonnen.",
        "Wenn ein Satz auch ohne den Produktnamen stimmt, ist er zu vage.",
        "Viele überfliegen nur, also gehört das Wichtigste in die ersten {n} Wörter.",
        "Ich würde es {n} Leuten zeigen, die noch nie davon gehört haben, bevor sich ein Wort ändert.",
        "{name} aus {city} hat es gut gesagt: Schreib es so, wie du es am Tisch erzählen würdest.",
        "Das Detail, das zu klein für eine Erwähnung scheint, wird oft weitererzählt.",
        "Ein Gedanke pro Satz genügt; der zweite darf einen eigenen haben.",
        "Ein kurzes Beispiel leistet mehr als ein weiterer Absatz voller Behauptungen.",
        "Am Ende reicht eine kleine Bitte statt drei großer.",
        "Ehrliche Grenzen machen den Rest glaubwürdiger.",
        "Lies es einmal laut vor; wo die Luft ausgeht, darf gekürzt werden.",
        "In einem kleinen Versuch bei {company} brachte die ruhigere Fassung **{percent} % mehr Antworten**.",
        "Hilfreich ist ein Mensch vor Augen, etwa {name} im Zug nach {city}.",
        "Lass weg, was die Konkurrenz wortgleich sagen könnte.",
        "Verben tragen den Text: *probieren*, *sparen*, *behalten* sind besser als *optimieren*.",
        "Nicht alles muss heute gesagt werden; der Rest passt in eine Nachricht am {day}.",
        "Warm, konkret und etwas kürzer als bequem ist ein gutes Ziel.",
        "Wenn zwei Fassungen gleich gut sind, nimm die, die sich leichter spricht.",
    ),
    closings=(
        "Soll ich den Ton noch anpassen?",
        "Soll daraus ein fertiger Entwurf werden?",
        "Sag mir, wer es liest, dann schärfe ich nach.",
        "Gern mache ich auch eine kürzere Fassung daraus.",
        "Welche Richtung gefällt dir am besten?",
    ),
    headings=("Der Anfang", "Was es trägt", "Worauf zu achten ist", "Ein kleines Beispiel", "Nächste Schritte"),
    list_intros=("Ein paar Richtungen, die sich bewährt haben:", "Damit würde ich anfangen:", "Einige Ansätze:"),
    tips=(
        Tip("Mit dem Ergebnis beginnen", "Erst was sich ändert, dann wie."),
        Tip("Einen Menschen meinen", "Schreib für {name} aus {city}, nicht für „alle“."),
        Tip("Zeigen statt behaupten", "Eine kleine Szene ersetzt drei Adjektive."),
        Tip("Worte leihen", "Nimm die Sätze, mit denen deine Kunden dich empfehlen."),
        Tip("Zählbar machen", "„{n} Minuten am Tag“ glaubt man eher als „schnell“."),
        Tip("Ein kleiner erster Schritt", "Eine Probe oder eine kurze Antwort genügt."),
        Tip("Andere sprechen lassen", "Ein Satz von {company} wiegt mehr als ein Versprechen."),
        Tip("Ohne Anlauf", "Fang dort an, wo es spannend wird."),
        Tip("Eine Grenze nennen", "Für wen es *nicht* ist, macht den Rest glaubwürdig."),
        Tip("Mit einer Frage enden", "Sie lädt zur Antwort ein und kostet nichts."),
        Tip("Ein Termin", "Ein freundliches „bis {day}“ bewegt mehr als „bald“."),
    ),
    step_intros=("So würde ich vorgehen:", "Schritt für Schritt:", "Ein Plan, der in eine Woche passt:"),
    steps=(
        "In einem Satz aufschreiben, was danach anders sein soll.",
        "{n} Formulierungen sammeln, die deine Leser schon benutzen.",
        "Das **eine** Versprechen wählen, das sich heute belegen lässt.",
        "In {minutes} Minuten einen schlechten Entwurf schreiben, ohne zu feilen.",
        "Ein Drittel streichen und laut vorlesen.",
        "Jedes Adjektiv gegen eine Zahl oder ein Beispiel tauschen.",
        "{name} zeigen und eine Stunde später fragen, was hängen blieb.",
        "Am {day} veröffentlichen, erst im kleinen Kreis.",
    ),
    draft_intros=("Hier ist ein Entwurf:", "Wie wäre es damit?", "Eine erste Fassung, gern zum Zerpflücken:"),
    drafts=(
        Draft(
            "{Key} ohne Umwege",
            "Kein Fachchinesisch, kein Warten: startklar in {minutes} Minuten.",
            "Diese Woche ausprobieren",
        ),
        Draft(
            "Weniger Lärm. Mehr {key}.",
            "Was niemand wollte, ist weg. Was bleibt, funktioniert einfach.",
            "Selbst erleben",
        ),
        Draft(
            "{Key}: „Hätte ich das nur früher gewusst.“",
            "Das sagt {name} aus {city} nach drei Wochen. So einfach kann es sein.",
            "Weiterlesen",
        ),
        Draft(
            "{Key} fürs echte Leben",
            "Für Morgen, die zu spät beginnen, und Pläne, die sich ändern.",
            "Am {day} starten",
        ),
    ),
    tagline_intros=("Ein paar zum Vorlesen:", "Kandidaten von brav bis mutig:"),
    taglines=(
        "{Key} ohne Umwege.",
        "Mehr {key}. Weniger Lärm.",
        "{Key}, das hält, was es verspricht.",
        "Gemacht in {city}. Vermisst überall sonst.",
        "{Key} mit Herz und Hand.",
        "Dein {day} wird gerade besser.",
        "{Key} zum Weitersagen.",
        "Einfach {key}. Einfach gut.",
    ),
    table_intros=("Auf einen Blick:", "Nebeneinander sieht das so aus:", "Eine kurze Übersicht:"),
    tables=(
        Table(
            ("Kanal", "Stark für", "Aufwand", "Erstes Ergebnis"),
            (
                ("Newsletter", "Stammkunden", "gering", "{n} Tage"),
                ("Instagram", "neue Gesichter", "mittel", "{n} Wochen"),
                ("Landingpage", "Suchende", "mittel", "{n} Wochen"),
                ("Empfehlung", "Nachbarn", "gering", "schwer zu sagen"),
                ("Podcast", "Pendler", "hoch", "{n} Monate"),
            ),
        ),
        Table(
            ("Woche", "Schwerpunkt", "Wer", "Fertig, wenn"),
            (
                ("1", "eine klare Botschaft zu {key}", "{name}", "Fremde sie wiedergeben können"),
                ("2", "erster Entwurf", "{name}", "er auf eine Seite passt"),
                ("3", "Probe mit {n} Lesern", "{name}", "sich die Fragen wiederholen"),
                ("4", "Start am {day}", "{name}", "es online ist"),
            ),
        ),
    ),
    code_intros=("Hier eine kompakte Fassung:", "So etwas sollte genügen:", "Ein kleiner, lauffähiger Anfang:"),
    code_outros=(
        "Oben die Werte anpassen, fertig.",
        "Mehr als das Gezeigte braucht es nicht.",
        "Möchtest du auch Tests dazu?",
    ),
    link_intros=("Zum Weiterlesen:", "Gute Ausgangspunkte:", "Ein Lesezeichen wert:"),
    links=(
        ("Ein Leitfaden aus der Praxis", "leitfaden/{slug}"),
        ("Checkliste auf einer Seite", "checklisten/{slug}"),
        ("Fallstudie: {company}", "fallstudien/{slug}"),
        ("Beispiele aus {city}", "beispiele/{slug}"),
        ("Häufige Fragen", "fragen/{slug}"),
    ),
    compare_intros=("Beide Seiten, wie ich sie sehe:", "So würde ich abwägen:"),
    pros_label="Dafür",
    pros=(
        "In einem Atemzug erklärt",
        "Mit {n} Leuten günstig auszuprobieren",
        "Baut auf dem auf, was deine Stammkunden mögen",
        "Lässt nach {n} Wochen Raum für einen neuen Kurs",
    ),
    cons_label="Dagegen",
    cons=(
        "Braucht in den ersten {n} Wochen eine ruhige Hand",
        "Leicht zu kopieren",
        "Schwer zu messen, bevor erste Ergebnisse da sind",
    ),
    ask_intros=("Bevor ich loslege, ein paar kurze Fragen:", "Zwei, drei Antworten würden es viel schärfer machen:"),
    asks=(
        "Wer soll sich zuerst angesprochen fühlen?",
        "Was entgeht ihnen, wenn sie es übersehen?",
        "Mit welchen drei Wörtern soll man es weitererzählen?",
        "Gibt es einen Termin, oder passt {day}?",
        "Wie mutig darf es sein, von 1 bis 10?",
    ),
    story_openings=(
        "An einem grauen {day} in {city} schlug {name} das Notizbuch auf und schrieb oben auf die leere Seite: "
        "*{key}*. Draußen klingelte eine Straßenbahn, und eine Weile geschah sonst nichts.",
    ),
    story_middles=(
        "Der erste Versuch dauerte {n} Tage und gefiel niemandem. Der zweite dauerte eine Stunde und brachte "
        "{name} zum Lachen, und das war ein gutes Zeichen.",
        "Es sprach sich herum. Jemand von {company} kam vorbei, sah sich alles zweimal an und stellte nur eine "
        "Frage: „Für wen ist das?“ Es war die richtige Frage, und sie hielt alle wach.",
        "Bald hatte die ganze Straße in {city} eine Meinung. Die Bäckerin wollte es süßer, der Buchhändler "
        "kürzer, und ein Kind von {n} Jahren wollte wissen, ob es fliegen kann.",
        "Es gab eine Woche, in der Aufgeben vernünftig schien. Es regnete durchs Dach, die Zahlen gingen nicht auf, "
        "und das Telefon blieb still, von einem {day} zum nächsten.",
        "Dann kam ein Brief aus {city}. Er war vier Zeilen lang und sagte in schlichten Worten, wonach sie seit "
        "Monaten gesucht hatten.",
        "Also warfen sie die klugen Stellen weg und behielten die wahren. Was blieb, passte auf eine Postkarte.",
    ),
    story_endings=(
        "Wer heute vorbeigeht, sieht das Notizbuch noch im Fenster liegen, aufgeschlagen auf der ersten Seite. "
        "Darunter steht, in einer anderen Schrift: *Es hat sich gelohnt.*",
    ),
    greetings=(
        "Hallo! Woran arbeiten wir heute?",
        "Guten Tag! 👋 Sag mir, was du brauchst, und ich mache einen ersten Entwurf.",
        "Hallo! Nenn mir ein Thema und wer es lesen soll, dann legen wir los.",
    ),
    welcomes=("Gern geschehen! Kann ich noch etwas feilen?", "Immer gern. 🙂 Eine zweite Fassung ist schnell gemacht."),
    echoes=("{word}", "{word} 👍", "Gern: {word}"),
    count_capped="… und so weiter bis {end}; nach {shown} Zeilen höre ich auf.",
    recalls=("Das hast du mir bisher geschrieben:", "Natürlich. Vorhin schriebst du:"),
    nothing_to_recall=("Das ist die erste Nachricht, die ich hier sehe; zurückblicken lässt sich noch auf nichts.",),
    earlier=(
        "Vorhin ging es um {earlier}, das habe ich mitbedacht.",
        "Das knüpft an {earlier} an.",
        "Mit {earlier} von vorhin im Kopf geht es so weiter.",
    ),
    speaking_as=("In der Rolle von", "Persönlichkeit"),
    in_the_voice=("In deiner Markenstimme: {voice}.", "Markenstimme: {voice}."),
    written_for=("Geschrieben für {audience}.", "Gedacht für {audience}."),
    cited=("Dein Kontext ist eingeflossen {marks}:", "Aus deinen Notizen {marks}:"),
    more_cited="… und {count} weitere",
    manners=(
        "warm und geradlinig", "knapp und sicher", "verspielt, aber genau", "ruhig und beruhigend", "mutig und direkt",
        "neugierig und freundlich", "zurückhaltend und elegant", "munter und praktisch",
    ),
    habits=(
        "mit kurzen Sätzen und trockenem Humor", "mit Beispielen statt Behauptungen", "immer per Du",
        "mit einem Bild pro Absatz", "nie lauter als nötig", "frei von Fachwörtern und Floskeln",
        "wie am Küchentisch erzählt",
    ),
    readers=(
        "Gründerinnen und Gründer,", "vielbeschäftigte Eltern,", "kleine Marketingteams,", "Hobbygärtner,", "Pendler,",
        "vorsichtige Käufer,", "treue Stammkunden,", "Studierende mit schmalem Budget,", "Menschen mit kleinem Laden,",
    ),
    traits=(
        "die zwischen zwei Terminen auf dem Handy lesen", "die zuerst die Preise vergleichen",
        "die Belege vor Versprechen sehen wollen",
        "die Nachbarn mehr glauben als der Werbung", "die genau zehn Minuten haben", "die lieber erst ausprobieren",
        "die jeden Superlativ schon kennen",
    ),
)  # fmt: skip
