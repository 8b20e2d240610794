"""Spanish."""

from __future__ import annotations

from typing import Final

from mockserver.replies.phrases.bank import Draft, Phrases, Table, Tip, words

SPANISH: Final = Phrases(
    quote="«{}»",
    stopwords=words("""
        a al algo algunas algunos ante antes aquí así aún bien breve buenas buenos cada como cómo con consejos corto
        crea cual cuál cuales cuándo cuando cuenta da dame de del desde detallado día días dime donde dónde dos el él
        ella en entre era eres es esa ese eso esta está este esto explica favor fue gracias ha hacer hacia hasta hay haz
        he hola ideas la larga largo las le les lista lo los más me mejor mi mis mucho muy nada necesito ni no nos
        nosotros o para pero podrías por porque puede puedes pues que qué quien quién quiero redacta se sea ser si sí
        sin sobre son soy su sus tabla también te ti tiene todo tres tu tú un una unas uno unos usted y ya yo escribe
        escríbeme
    """),
    lead_ins=(),
    swaps={},
    about_words=r"\b(?:para|sobre)\b",
    no_topic="lo que tienes en mente",
    no_key="tu idea",
    question_words=r"¿?(?:qué|quién(?:es)?|cuándo|dónde|adónde|cómo|cuál(?:es)?|cuánt[oa]s?|por qué)\b",
    days=("lunes", "martes", "miércoles", "jueves", "viernes"),
    openings=("Con gusto, aquí va una primera idea para {topic}.",),
    quoted_openings=(
        "Con gusto, aquí va una primera idea para {topic}.",
        "Vamos a darle forma a {topic}.",
        "Para {topic}, yo empezaría por el lector.",
        "En {topic}, menos suele ser más.",
        "Gracias, con eso me basta para {topic}.",
        "Hay mucho bueno en {topic}. Partamos de ahí.",
    ),
    answers=(
        "La respuesta corta a {topic}: depende de quién lo lea, pero hay una buena opción de partida.",
        "Para {topic}, a la mayoría le va bien la opción sencilla.",
        "Buena pregunta. En {topic}, la claridad importa más que el momento.",
    ),
    verdicts=(
        "Sobre {topic}: sí, con medida.",
        "Sí, en general. En {topic} deciden los detalles.",
        "Sobre {topic}: todavía no. Antes comprobaría una cosa con lectores reales.",
    ),
    one_liners=(
        "Para {topic}: primero el beneficio y luego un punto.",
        "Para {topic}, en una frase: dilo de forma que se pueda contar a un amigo.",
        "Mi consejo para {topic}: borra la primera frase y empieza por la segunda.",
        "Para {topic}: empieza pequeño, hazlo concreto y lánzalo el {day}. 🚀",
        "Para {topic}: {minutes} minutos hoy y una mirada nueva el {day}.",
    ),
    sentences=(
        "Empieza por lo que gana el lector; el cómo puede esperar.",
        "Un número vale más que un adjetivo: «listo en {minutes} minutos» dice más que «rápido».",
        "En {company} probaron algo parecido en primavera, y ganó la versión sencilla.",
        "Si una frase funciona igual sin el nombre del producto, es demasiado vaga.",
        "La gente lee por encima: pon lo esencial en las primeras {n} palabras.",
        "Yo se lo enseñaría a {n} personas que nunca hayan oído hablar de ello antes de cambiar una palabra.",
        "{name}, de {city}, lo dijo bien: escríbelo como lo contarías en la mesa.",
        "El detalle que parece demasiado pequeño suele ser el que se repite.",
        "Una idea por frase basta; la segunda merece la suya.",
        "Un ejemplo corto hace más que otro párrafo de promesas.",
        "Al final, pide un solo paso pequeño y no tres grandes.",
        "Un límite reconocido hace más creíble el resto.",
        "Léelo en voz alta una vez: donde falta el aire, sobra texto.",
        "En una pequeña prueba en {company}, la versión más tranquila trajo **un {percent} % más de respuestas**.",
        "Ayuda imaginar a una persona real, por ejemplo {name}, en el tren a {city}.",
        "Quita todo lo que un competidor podría decir palabra por palabra.",
        "No hace falta decirlo todo hoy; el resto puede llegar el {day}.",
        "Entre dos versiones iguales, quédate con la que mejor suena.",
    ),
    closings=(
        "¿Quieres que ajuste el tono?",
        "Dime quién lo leerá y lo afino.",
        "También puedo hacer una versión más corta.",
        "¿Qué dirección te convence más?",
    ),
    headings=(
        "Por dónde empezar",
        "Qué lo hace funcionar",
        "A qué prestar atención",
        "Un pequeño ejemplo",
        "Próximos pasos",
    ),
    list_intros=("Algunas ideas que funcionan:", "Yo probaría primero esto:", "Puntos de partida:"),
    tips=(
        Tip("Primero el resultado", "Di qué cambia antes de decir cómo."),
        Tip("Una sola persona", "Escribe para {name}, de {city}, y no para «todos»."),
        Tip("Mostrar", "Una pequeña escena sustituye a tres adjetivos."),
        Tip("Pedir prestadas las palabras", "Usa las frases con las que te recomiendan tus clientes."),
        Tip("Contar", "«{n} minutos al día» se cree mejor que «rápido»."),
        Tip("Un primer paso mínimo", "Basta una muestra o una respuesta de dos líneas."),
        Tip("Dejar hablar", "Una frase de {company} pesa más que una promesa."),
        Tip("Sin preámbulos", "Empieza donde empieza lo interesante."),
        Tip("Acabar con una pregunta", "Invita a responder y no cuesta nada."),
        Tip("Una fecha", "Un amable «antes del {day}» mueve más que «pronto»."),
    ),
    step_intros=("Yo lo haría así:", "Paso a paso:", "Un plan que cabe en una semana:"),
    steps=(
        "Escribir en una frase qué debe cambiar.",
        "Reunir {n} expresiones que tus lectores ya usan.",
        "Elegir **la** promesa que puedes demostrar hoy.",
        "Redactar un borrador en {minutes} minutos, sin corregir.",
        "Quitar un tercio y leer en voz alta.",
        "Cambiar cada adjetivo por un número o un ejemplo.",
        "Enseñárselo a {name} y preguntar una hora después qué recuerda.",
        "Publicar el {day}, primero en un grupo pequeño.",
    ),
    draft_intros=("Aquí tienes un borrador:", "¿Qué te parece algo así?"),
    drafts=(
        Draft("{Key}, sin rodeos", "Sin jerga y sin esperas: listo en {minutes} minutos.", "Pruébalo esta semana"),
        Draft("Menos ruido. Más {key}.", "Quitamos lo que nadie pidió. Lo que queda, funciona.", "Compruébalo"),
        Draft(
            "{Key}: «Ojalá lo hubiera sabido antes.»",
            "Lo dice {name}, de {city}, tres semanas después. Y sí, es así de fácil.",
            "Leer más",
        ),
    ),
    tagline_intros=("Algunos para decir en voz alta:", "Candidatos, del prudente al atrevido:"),
    taglines=(
        "{Key}, sin rodeos.",
        "Más {key}. Menos ruido.",
        "{Key} que cumple su palabra.",
        "Hecho en {city}. Añorado en todas partes.",
        "{Key}, hecho con cariño.",
        "Tu {day} acaba de mejorar.",
        "{Key} para contar a los amigos.",
    ),
    table_intros=("De un vistazo:", "Lado a lado queda así:"),
    tables=(
        Table(
            ("Canal", "Ideal para", "Esfuerzo", "Primer resultado"),
            (
                ("Boletín", "los de siempre", "bajo", "{n} días"),
                ("Instagram", "caras nuevas", "medio", "{n} semanas"),
                ("Página propia", "quienes buscan", "medio", "{n} semanas"),
                ("Boca a boca", "los vecinos", "bajo", "difícil de decir"),
            ),
        ),
        Table(
            ("Semana", "Foco", "Quién", "Listo cuando"),
            (
                ("1", "un mensaje claro sobre {key}", "{name}", "un extraño sabe repetirlo"),
                ("2", "primer borrador", "{name}", "cabe en una página"),
                ("3", "prueba con {n} lectores", "{name}", "las preguntas se repiten"),
                ("4", "lanzamiento el {day}", "{name}", "está publicado"),
            ),
        ),
    ),
    code_intros=("Aquí va una versión compacta:", "Con esto debería bastar:"),
    code_outros=("Cambia los valores del principio y listo.", "¿Quieres también las pruebas?"),
    link_intros=("Para seguir leyendo:", "Buenos puntos de partida:"),
    links=(
        ("Una guía práctica", "guias/{slug}"),
        ("Lista de comprobación", "listas/{slug}"),
        ("Caso real: {company}", "casos/{slug}"),
        ("Preguntas frecuentes", "preguntas/{slug}"),
    ),
    compare_intros=("Los dos lados, tal como los veo:", "Así lo sopesaría yo:"),
    pros_label="A favor",
    pros=("Se explica en una frase", "Barato de probar con {n} personas", "Parte de lo que ya gusta a tus clientes"),
    cons_label="En contra",
    cons=("Pide constancia durante {n} semanas", "Fácil de copiar", "Difícil de medir al principio"),
    ask_intros=("Antes de escribir, unas preguntas rápidas:", "Dos o tres respuestas me ayudarían mucho:"),
    asks=(
        "¿Quién debe sentirse aludido primero?",
        "¿Qué perderían si lo pasan por alto?",
        "¿Con qué tres palabras se debería contar?",
        "¿Hay una fecha límite o va bien el {day}?",
    ),
    story_openings=(
        "Un {day} gris en {city}, {name} abrió el cuaderno y escribió en lo alto de una página vacía: *{key}*. "
        "Fuera sonó un tranvía, y durante un rato no pasó nada más.",
    ),
    story_middles=(
        "El primer intento llevó {n} días y no gustó a nadie. El segundo llevó una hora e hizo reír a {name}, lo "
        "que era buena señal.",
        "Se corrió la voz. Alguien de {company} se pasó, lo miró todo dos veces e hizo una sola pregunta: «¿Para "
        "quién es esto?» Era la pregunta correcta, y no dejó dormir a nadie.",
        "Pronto toda la calle de {city} tenía una opinión. La panadera lo quería más dulce, el librero más corto, "
        "y un niño de {n} años quiso saber si podía volar.",
        "Hubo una semana en la que rendirse parecía sensato. La lluvia entraba por el tejado, las cuentas no salían "
        "y el teléfono calló de un {day} a otro.",
        "Entonces llegó una carta de {city}. Tenía cuatro líneas y decía con sencillez lo que llevaban meses buscando.",
        "Así que tiraron las partes brillantes y se quedaron con las verdaderas. Lo que quedó cabía en una postal.",
    ),
    story_endings=(
        "Quien pase hoy verá todavía el cuaderno en el escaparate, abierto por la primera página. Debajo, con "
        "otra letra: *Valió la pena.*",
    ),
    greetings=("¡Hola! ¿En qué trabajamos hoy?", "¡Hola! 👋 Dame un tema y un lector, y empezamos."),
    welcomes=("¡De nada! ¿Pulimos algo más?", "Cuando quieras. 🙂 Otra versión se hace en un momento."),
    echoes=("{word}", "{word} 👍", "Claro: {word}"),
    count_capped="… y así hasta {end}; me detengo tras {shown} líneas.",
    recalls=("Esto es lo que me has escrito hasta ahora:", "Claro. Antes escribiste:"),
    nothing_to_recall=("Este es el primer mensaje que veo aquí; todavía no hay nada que recordar.",),
    earlier=("Antes hablábamos de {earlier}; lo he tenido en cuenta.", "Esto continúa {earlier}, tu mensaje de antes."),
    speaking_as=("En el papel de", "Personalidad"),
    in_the_voice=("En la voz de tu marca: {voice}.",),
    written_for=("Escrito para {audience}.", "Pensando en {audience}."),
    cited=("He tenido en cuenta tu contexto {marks}:", "De tus notas {marks}:"),
    more_cited="… y {count} más",
    manners=(
        "cálida y sencilla", "ágil y segura", "juguetona pero precisa", "tranquila y cercana", "atrevida y directa",
        "curiosa y amable", "sobria y elegante",
    ),
    habits=(
        "con frases cortas y humor discreto", "con ejemplos en lugar de promesas", "siempre de tú",
        "con una imagen por párrafo",
        "sin levantar nunca la voz", "sin jerga", "como contado en la cocina",
    ),
    readers=(
        "emprendedores primerizos", "padres con prisa", "equipos de marketing pequeños", "jardineros de fin de semana",
        "compradores prudentes", "clientes de toda la vida", "estudiantes con poco presupuesto",
    ),
    traits=(
        "que leen en el móvil entre reuniones", "que primero comparan precios",
        "que quieren pruebas antes que promesas",
        "que creen más a un vecino que a un anuncio", "que tienen diez minutos y ni uno más",
        "que prefieren probar primero",
    ),
)  # fmt: skip
