"""French."""

# ruff: noqa: RUF001 (the quotation marks are the language's own)
from __future__ import annotations

from typing import Final

from mockserver.replies.phrases.bank import Draft, Phrases, Table, Tip, words

FRENCH: Final = Phrases(
    quote="« {} »",
    stopwords=words("""
        à ai ainsi alors après as au aucun aussi autre aux avec avez avoir bien bonjour bref ce cela ces cet cette chez
        comme comment court crée dans de des détaillé donc donne du elle elles en encore es est et être êtes eu fais
        faire faut idées il ils je jusque la le les leur leurs liste long lui ma mais me merci mes mieux moi moins mon
        ne nos notre nous on ont ou où par pas peut peux plus pour pourquoi pouvez pourrais puis quand que quel quelle
        quelles quels qui quoi rédige sa salut sans se ses si son sont sous sur svp ta tableau te tes toi ton très trois
        tu un une veux voici vos votre vous voudrais écris explique
    """),
    lead_ins=(),
    swaps={},
    about_words=r"\b(?:pour|sur)\b",
    no_topic="votre projet",
    no_key="votre idée",
    question_words=r"(?:que|quoi|qui|quand|où|pourquoi|comment|combien|quel(?:le)?s?|qu['’]|lequel|laquelle)",
    days=("lundi", "mardi", "mercredi", "jeudi", "vendredi"),
    openings=("Avec plaisir, voici une première piste pour {topic}.",),
    quoted_openings=(
        "Avec plaisir, voici une première piste pour {topic}.",
        "Mettons {topic} en forme ensemble.",
        "Pour {topic}, je partirais du lecteur avant tout.",
        "Sur {topic}, la simplicité paie presque toujours.",
        "Merci, j’ai ce qu’il me faut pour {topic}.",
        "Il y a de quoi bâtir quelque chose de beau avec {topic}.",
    ),
    answers=(
        "La réponse courte à {topic} : cela dépend du lecteur, mais il existe un bon choix par défaut.",
        "Pour {topic}, l’option la plus simple convient à la plupart des équipes.",
        "Bonne question. Pour {topic}, la clarté compte plus que le moment.",
    ),
    verdicts=(
        "Pour {topic} : oui, avec mesure.",
        "Oui, dans l’ensemble. Pour {topic}, tout se joue dans les détails.",
        "Pour {topic} : pas tout de suite. Je vérifierais d’abord un point avec de vrais lecteurs.",
    ),
    one_liners=(
        "Pour {topic} : le bénéfice d’abord, puis un point final.",
        "Pour {topic}, en une phrase : dites-le de sorte qu’on puisse le raconter à un ami.",
        "Mon conseil pour {topic} : supprimez la première phrase et commencez par la deuxième.",
        "Pour {topic} : restez simple, soyez concret, et lancez-vous {day}. 🚀",
        "Pour {topic} : {minutes} minutes aujourd’hui et un regard neuf {day}.",
    ),
    sentences=(
        "Commencez par ce que le lecteur y gagne ; le comment viendra après.",
        "Un chiffre vaut mieux qu’un adjectif : « prêt en {minutes} minutes » dit plus que « rapide ».",
        "Chez {company}, on a tenté quelque chose de proche au printemps, et la version sobre a gagné.",
        "Si une phrase tient encore sans le nom du produit, elle est trop vague.",
        "On lit en diagonale : placez l’essentiel dans les {n} premiers mots.",
        "Je le montrerais à {n} personnes qui n’en ont jamais entendu parler avant de changer un seul mot.",
        "{name}, à {city}, le dit bien : écrivez comme vous parleriez à table.",
        "Le détail qui semble trop petit est souvent celui que l’on répète.",
        "Une idée par phrase suffit ; la deuxième mérite la sienne.",
        "Un court exemple vaut mieux qu’un paragraphe de promesses.",
        "À la fin, demandez un seul petit pas plutôt que trois grands.",
        "Une limite avouée rend le reste plus crédible.",
        "Relisez à voix haute : là où le souffle manque, coupez.",
        "Lors d’un petit essai chez {company}, la version la plus calme a donné **{percent} % de réponses en plus**.",
        "Imaginez une vraie personne, par exemple {name}, dans le train pour {city}.",
        "Retirez tout ce qu’un concurrent pourrait dire mot pour mot.",
        "Tout n’a pas besoin d’être dit aujourd’hui ; la suite peut attendre {day}.",
        "Entre deux versions égales, gardez celle qui se dit le mieux.",
    ),
    closings=(
        "Voulez-vous que j’ajuste le ton ?",
        "Dites-moi qui le lira, et j’affinerai.",
        "Je peux aussi en faire une version plus courte.",
        "Quelle direction vous parle le plus ?",
    ),
    headings=(
        "Par où commencer",
        "Ce qui fait la différence",
        "Les points d’attention",
        "Un petit exemple",
        "La suite",
    ),
    list_intros=("Quelques pistes solides :", "Voici par quoi je commencerais :", "Des idées à explorer :"),
    tips=(
        Tip("Le résultat d’abord", "Dites ce qui change avant de dire comment."),
        Tip("Une seule personne", "Écrivez pour {name}, à {city}, pas pour « tout le monde »."),
        Tip("Montrer", "Une petite scène remplace trois adjectifs."),
        Tip("Emprunter les mots", "Reprenez les phrases de vos clients quand ils vous recommandent."),
        Tip("Compter", "« {n} minutes par jour » se croit mieux que « rapide »."),
        Tip("Un premier pas minuscule", "Un échantillon ou deux lignes suffisent."),
        Tip("Laisser parler", "Une phrase de {company} pèse plus qu’une promesse."),
        Tip("Sans préambule", "Commencez là où cela devient intéressant."),
        Tip("Finir par une question", "Elle invite à répondre et ne coûte rien."),
        Tip("Une échéance", "Un aimable « avant {day} » fait plus que « bientôt »."),
    ),
    step_intros=("Voici comment je procéderais :", "Étape par étape :", "Un plan qui tient en une semaine :"),
    steps=(
        "Écrire en une phrase ce qui doit changer.",
        "Réunir {n} expressions que vos lecteurs utilisent déjà.",
        "Choisir **la** promesse que vous pouvez prouver aujourd’hui.",
        "Rédiger un brouillon en {minutes} minutes, sans corriger.",
        "Couper un tiers, puis lire à voix haute.",
        "Remplacer chaque adjectif par un chiffre ou un exemple.",
        "Le montrer à {name} et demander une heure plus tard ce qu’il en reste.",
        "Publier {day}, d’abord en petit comité.",
    ),
    draft_intros=("Voici un brouillon prêt à l’emploi :", "Que diriez-vous de ceci ?"),
    drafts=(
        Draft(
            "{Key}, sans détour",
            "Pas de jargon, pas d’attente : prêt en {minutes} minutes.",
            "Essayez cette semaine",
        ),
        Draft(
            "Moins de bruit. Plus de {key}.",
            "Le superflu est parti. Ce qui reste fonctionne, tout simplement.",
            "Voyez par vous-même",
        ),
        Draft(
            "{Key} : « Si j’avais su plus tôt ! »",
            "C’est {name}, à {city}, après trois semaines. Et oui, c’est aussi simple.",
            "Lire la suite",
        ),
    ),
    tagline_intros=("Quelques-uns à dire à voix haute :", "Des candidats, du sage à l’audacieux :"),
    taglines=(
        "{Key}, sans détour.",
        "Plus de {key}. Moins de bruit.",
        "{Key} qui tient parole.",
        "Né à {city}. Regretté partout ailleurs.",
        "{Key}, fait avec soin.",
        "Votre {day} vient de s’améliorer.",
        "{Key}, à partager sans modération.",
    ),
    table_intros=("En un coup d’œil :", "Côte à côte, cela donne :"),
    tables=(
        Table(
            ("Canal", "Idéal pour", "Effort", "Premier résultat"),
            (
                ("Newsletter", "les habitués", "faible", "{n} jours"),
                ("Instagram", "les nouveaux venus", "moyen", "{n} semaines"),
                ("Page dédiée", "ceux qui cherchent", "moyen", "{n} semaines"),
                ("Bouche-à-oreille", "les voisins", "faible", "difficile à dire"),
            ),
        ),
        Table(
            ("Semaine", "Priorité", "Qui", "C’est fini quand"),
            (
                ("1", "un message clair sur {key}", "{name}", "un inconnu sait le répéter"),
                ("2", "premier brouillon", "{name}", "il tient sur une page"),
                ("3", "essai avec {n} lecteurs", "{name}", "les questions se répètent"),
                ("4", "lancement {day}", "{name}", "c’est en ligne"),
            ),
        ),
    ),
    code_intros=("Voici une version compacte :", "Ceci devrait suffire :"),
    code_outros=("Adaptez les valeurs du début et c’est prêt.", "Voulez-vous aussi des tests ?"),
    link_intros=("Pour aller plus loin :", "De bons points de départ :"),
    links=(
        ("Un guide pratique", "guides/{slug}"),
        ("Une liste de contrôle", "listes/{slug}"),
        ("Étude de cas : {company}", "cas/{slug}"),
        ("Questions fréquentes", "questions/{slug}"),
    ),
    compare_intros=("Les deux côtés, tels que je les vois :", "Voici comment je pèserais le choix :"),
    pros_label="Pour",
    pros=(
        "S’explique en une phrase",
        "Peu coûteux à essayer avec {n} personnes",
        "S’appuie sur ce que vos habitués aiment déjà",
    ),
    cons_label="Contre",
    cons=("Demande de la constance pendant {n} semaines", "Facile à copier", "Difficile à mesurer au début"),
    ask_intros=("Avant d’écrire, quelques questions rapides :", "Deux ou trois réponses m’aideraient beaucoup :"),
    asks=(
        "Qui doit se sentir concerné en premier ?",
        "Que perdraient-ils à passer à côté ?",
        "Avec quels trois mots doit-on en parler ?",
        "Y a-t-il une échéance, ou {day} convient-il ?",
    ),
    story_openings=(
        "Un {day} gris à {city}, {name} ouvrit le carnet et écrivit en haut d’une page vide : *{key}*. Dehors, un "
        "tramway sonna, et pendant un moment il ne se passa rien d’autre.",
    ),
    story_middles=(
        "Le premier essai prit {n} jours et ne plut à personne. Le deuxième prit une heure et fit rire {name}, ce "
        "qui était bon signe.",
        "La nouvelle circula. Quelqu’un de {company} passa, regarda tout deux fois et posa une seule question : « "
        "Pour qui est-ce ? » C’était la bonne question, et elle les empêcha tous de dormir.",
        "Bientôt, toute la rue eut un avis à {city}. La boulangère le voulait plus doux, le libraire plus court, "
        "et un enfant de {n} ans demanda si cela pouvait voler.",
        "Il y eut une semaine où renoncer semblait sage. La pluie passait par le toit, les comptes ne tombaient pas "
        "juste, et le téléphone resta muet d’un {day} à l’autre.",
        "Puis une lettre arriva de {city}. Elle faisait quatre lignes et disait simplement ce qu’ils cherchaient "
        "depuis des mois.",
        "Alors ils jetèrent les passages brillants et gardèrent les vrais. Le reste tenait sur une carte postale.",
    ),
    story_endings=(
        "Aujourd’hui encore, on voit le carnet dans la vitrine, ouvert à la première page. En dessous, d’une "
        "autre main : *Cela valait la peine.*",
    ),
    greetings=(
        "Bonjour ! Sur quoi travaillons-nous aujourd’hui ?",
        "Bonjour ! 👋 Donnez-moi un sujet et un lecteur, et c’est parti.",
    ),
    welcomes=("Avec plaisir ! Puis-je peaufiner autre chose ?", "De rien. 🙂 Une autre version est vite faite."),
    echoes=("{word}", "{word} 👍", "Bien sûr : {word}"),
    count_capped="… et ainsi de suite jusqu’à {end} ; je m’arrête après {shown} lignes.",
    recalls=("Voici ce que vous m’avez écrit jusqu’ici :", "Bien sûr. Vous écriviez :"),
    nothing_to_recall=("C’est le premier message que je vois ici ; il n’y a encore rien à rappeler.",),
    earlier=(
        "Tout à l’heure, il était question de {earlier} ; j’en tiens compte.",
        "Cela prolonge {earlier}, votre message de tout à l’heure.",
    ),
    speaking_as=("Dans le rôle de", "Personnalité"),
    in_the_voice=("Dans la voix de votre marque : {voice}.",),
    written_for=("Écrit pour {audience}.", "En pensant à {audience}."),
    cited=("J’ai tenu compte de votre contexte {marks} :", "D’après vos notes {marks} :"),
    more_cited="… et {count} de plus",
    manners=(
        "chaleureuse et simple", "vive et sûre d’elle", "joueuse mais précise", "calme et rassurante",
        "audacieuse et directe",
        "curieuse et amicale", "sobre et élégante",
    ),
    habits=(
        "avec des phrases courtes et un humour discret", "avec des exemples plutôt que des promesses",
        "avec une image par paragraphe",
        "sans jamais hausser le ton", "sans jargon", "comme autour d’une table de cuisine",
    ),
    readers=(
        "des entrepreneurs débutants", "des parents pressés", "de petites équipes marketing",
        "des jardiniers du dimanche",
        "des acheteurs prudents", "des habitués de longue date", "des étudiants au budget serré",
    ),
    traits=(
        "qui lisent sur leur téléphone entre deux réunions", "qui comparent d’abord les prix",
        "qui veulent des preuves avant des promesses",
        "qui croient leurs voisins plus que la publicité", "qui ont dix minutes et pas une de plus",
        "qui aiment essayer d’abord",
    ),
)  # fmt: skip
