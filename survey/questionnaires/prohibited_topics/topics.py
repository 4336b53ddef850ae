"""The table of what a school's own words may not ask; `blocked` looks things up in it.

Patterns are written for normalised words: small letters, no accents, no apostrophes, single
spaces. Each begins at the start of a word.
"""

# ruff: noqa: E501 (a pattern is read as a whole, and cut in two it is misread)

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.personal_names.detector import STAFF


@dataclass(frozen=True)
class Topic:
    """A thing not to ask, why, and the patterns that give it away: in normalised words of both
    languages, or, where capitals matter, in the words as written."""

    key: str
    why: LazyString
    english: tuple[str, ...] = ()
    welsh: tuple[str, ...] = ()
    as_written: tuple[str, ...] = ()


PERSON = r"(?:person|people|pupils?|students?|teachers?|staff|adults?|bully|bullies|someone|boys?|girls?|kids?|friends?)"
CLOSE = r"(?:boyfriend|girlfriend|partner|ex|someone you (?:date|go out with)|person you (?:date|are dating|go out with))"
HARM = r"(?:hit|hits|hurt|hurts|slap\w*|kick\w*|punch\w*|threat\w*|control\w*|force[sd]?|abus\w*|violen\w*|chok\w*|stalk\w*)"
FAMILY = r"(?:parents?|carers?|mum|mam|dad|mother|father|step\w+|brothers?|sisters?|uncle|grand\w+|family|anyone at home|someone at home)"
DRUGS = r"(?:drugs?|weed|cannabis|cocaine|pills|spice|ketamine)"
ARMS = r"(?:knife|knives|blade|weapons?|gun)"
YOU = r"(?:are|were|have|had|do|did|would|could|if|when) you(?: (?:ever|often|sometimes|already|also|now|personally|been))* "
ASK = r"(?:what|whats|which|write|tell us|type|enter|give|give us|say|put|add|state)"
THEN = r"(?: (?!when|if|about|that|how|who)\w+)"

# A reason is one line.
# fmt: off
TOPICS = (
    Topic("sexual", _l("Own items may not ask about sexual touching or sexual experience. The template asks about unwanted sexual behaviour, with care, from a set year."),
        (
            r"sexual",
            r"sex(?:y|ed)?\b",
            r"rap(?:e|ed|ist|ing)\b",
            r"grop(?:e|ed|ing)",
            r"molest",
            r"virgin",
            r"porn",
            r"private parts",
            r"genital",
            r"touch(?:ed|es|ing)? (?:you|your body)",
            r"masturbat",
            r"incest",
            r"(?:ever |been )?(?:kissed|kiss(?:ing)?) (?:some|any|a |your|you)",
            r"(?:slept|sleep|hooked up|hook up) with (?:some|any|a |your|you)",
            r"(?:do|did|doing|done) (?:\w+ ){0,3}(?:with|to) your body",
        ),
        (
            r"rhywiol",
            r"(?:cael|gael) rhyw\b",
            r"treisio",
            r"pornograffi",
            r"gyffwrdd (?:ynot|ynoch|a dy gorff)",
            r"cyffwrdd (?:ynot|ynoch|a dy gorff)",
        ),
    ),
    Topic("images", _l("Own items may not ask about private or naked pictures."),
        (
            r"nudes?\b",
            r"naked",
            r"sext(?:s|ed|ing)?\b",
            r"dick pics?",
            r"underwear",
            r"(?:private|intimate|rude) (?:picture|photo|image|video|pic)s?",
            r"(?:picture|photo|image|video)s? of (?:your|you without|your body)",
        ),
        (r"noeth", r"(?:lluniau|llun|luniau) (?:preifat|personol|anweddus)", r"secstio"),
    ),
    Topic("exploitation", _l("Own items may not ask about carrying, selling, gifts from older people or going missing: an answer could put a student in danger."),
        (
            r"county lines?",
            r"groom(?:ed|ing|er)",
            r"traffick",
            r"trap house",
            r"cuckoo",
            rf"(?:carry|carried|carrying|hold|held|hide|hid|deliver|delivered|sell|sold|selling|deal|dealt|dealing) (?:\w+ ){{0,2}}{DRUGS}",
            r"(?:carry|carried|hold|held|hide|move|moved|deliver|delivered) (?:\w+ ){0,3}(?:packages?|parcels?|money|cash|things) for",
            r"(?:asked|made|paid|forced) (?:you )?to (?:carry|sell|deliver|hide|deal)",
            r"bank account",
            rf"{YOU}(?:sold|sell|sells|dealt) (?:drugs|vapes|weed|stolen)",
            r"(?:older|adult) (?:\w+ ){0,3}(?:gifts?|presents?|rides?)\b",
            r"(?:run|ran|running) away(?: from home)?",
            r"(?:older|grown ?up|adult|stranger)s?\b(?: \w+){0,3} (?:bought|buys?|gave|gives?) you",
        ),
        (
            r"llinellau (?:sirol|cyffuriau)",
            r"meithrin perthynas amhriodol",
            r"(?:cario|gario|gwerthu|werthu|cuddio|guddio) (?:\w+ ){0,2}(?:cyffuriau|pecynnau|parseli|arian)",
        ),
    ),
    Topic("partner_violence", _l("Own items may not ask about being hurt or controlled by a boyfriend, girlfriend or partner."),
        (
            rf"{CLOSE}\b(?: \w+){{0,6}}? {HARM}",
            rf"{HARM}(?: \w+){{0,6}}? {CLOSE}\b",
            rf"{CLOSE}\b(?: \w+){{0,3}} (?:violent|jealous|angry|mean)\b",
            r"domestic (?:abuse|violence)",
            r"abusive relationship",
        ),
        (
            r"(?:cariad|gariad|partner|bartner)\b(?: \w+){0,6}? (?:taro|daro|brifo|frifo|rheoli|reoli|bygwth|fygwth|cam ?drin)",
            r"(?:trais|cam ?drin|gam ?drin) (?:domestig|yn y cartref)",
        ),
    ),
    Topic("self_harm", _l("Own items may not ask about self-harm or eating disorders: nobody can answer to an anonymous reply."),
        (
            r"self ?harm",
            r"(?:harm|hurt|cut|burn|injure)(?:ing|ed)? (?:yourself|themselves|themself|myself)",
            r"overdos",
            r"eating disorder",
            r"anorexi",
            r"bulimi",
            r"starv(?:e|ed|ing) yourself",
            r"make yourself sick",
            r"(?:do|did|have) you (?:ever |sometimes |often )?cut(?: yourself)?$",
            r"(?:skip|skipped|miss|stop|stopped) (?:\w+ ){0,2}(?:meals?|eating)",
            r"lose weight",
        ),
        (
            r"hunan ?niw",
            r"(?:niweidio|brifo|frifo|torri|dorri) dy hun",
            r"(?:niweidio|brifo|torri) eich hun",
            r"anhwylder bwyta",
        ),
    ),
    Topic("suicide", _l("Own items may not ask about suicide or wanting to die."),
        (
            r"suicid",
            r"end(?:ing)? it(?: all)?$",
            r"(?:life|living|it) (?:is |was )?(?:not|isnt|no longer) worth(?: (?:it|living))?",
            r"no point (?:in )?(?:living|life|going on|being (?:here|alive))",
            r"(?:you )?(?:were|are|was|be|being) (?:not|no longer) (?:here|around|alive)",
            r"(?:were|was) ?nt (?:here|alive)",
            r"feel like (?:dying|disappearing|giving up)",
            r"kill(?:ing|ed)? (?:yourself|myself|themselves|themself)",
            r"(?:end|ending|take|taking) (?:your|my|their) (?:own )?li(?:fe|ves)",
            r"(?:want|wanted|wish|wished) (?:to die|you were dead|to be dead|you had never been born)",
            r"better off dead",
            r"not (?:want|wanting) to (?:live|be alive)",
            r"\bkys\b",
        ),
        (r"hunanladd", r"(?:lladd|ladd) dy hun", r"(?:lladd|ladd) eich hun", r"eisiau marw"),
    ),
    Topic("home", _l("Own items may not ask about harm or trouble at home. Worries like that go to a person who can act."),
        (
            rf"{FAMILY}\b{THEN}{{0,2}}? (?:{HARM}|shout\w*|drunk|drink|neglect\w*|beat\w*|in prison)\b",
            rf"{HARM}(?: \w+){{0,3}}? by (?:a |your )?{FAMILY}",
            r"(?:safe|unsafe|happy|scared|afraid|hungry|hurt|abused?|violence|fights?|fighting|shouting) at home",
            r"at home(?: \w+){0,3}? (?:safe|unsafe|scared|afraid|hurt|hungry|abus\w*|violen\w*)",
            rf"(?:scared|afraid|frightened) of (?:your )?{FAMILY}",
            r"child abuse",
            r"abus(?:e|ed|es|ing|ive)\b",
            r"(?:scared|afraid|frightened) to go home",
            rf"{FAMILY}\b(?: \w+){{0,4}} (?:prison|jail|alcohol\w*|too much|fight\w*|arrested)\b",
            r"(?:violence|violent|fights?|fighting|shouting) (?:in|at) your (?:home|house|family)",
            r"(?:adopted|fostered|looked after child)",
            r"(?:some|any)(?:one|body) (?:at home )?(?:is )?(?:hurting|beating|hitting) you",
            r"neglect(?:s|ed)? (?:you|at home)",
            r"are you neglected",
            r"social worker",
            r"in (?:foster )?care\b(?! of)",
            r"young carer",
        ),
        (
            r"(?:d?diogel|anniogel|ofnus|hapus|ofn) (?:gartref|yn y cartref|adref|yn dy gartref)",
            r"cam ?drin plant",
            r"(?:rhieni|rieni|mam|fam|tad|dad|teulu|deulu)\b(?: \w+){0,5}? (?:taro|daro|brifo|frifo|gweiddi|weiddi|cam ?drin|gam ?drin|meddwi)",
            r"gweithiwr cymdeithasol",
            r"mewn gofal",
        ),
    ),
    Topic("immigration", _l("Own items may not ask about immigration or citizenship."),
        (
            r"immigra",
            r"asylum",
            r"\bvisas?\b",
            r"deport",
            r"(?:citizenship|british citizen)",
            r"right to (?:remain|stay|live) in",
            r"passport",
            r"undocumented",
            r"born (?:outside|abroad|overseas)",
            r"(?:are|were) (?:you|your \w+) (?:a )?refugees?",
            r"(?:where|which country|what country) (?:were|are) (?:you|your \w+) (?:born|from)",
            r"born in (?:the uk|britain|england|wales|this country|another country)",
        ),
        (
            r"mewnfud",
            r"lloches",
            r"ffoadur",
            r"dinasyddiaeth",
            r"pasbort",
            r"(?:ym mha|mewn pa) wlad (?:y )?(?:cest|cefaist|gest)",
        ),
    ),
    Topic("offences", _l("Own items may not ask students about offences of their own: an answer that could be read as a confession is no help to anyone."),
        (
            r"criminal record",
            r"convict",
            r"youth offend",
            r"young offender",
            rf"{YOU}(?:arrested|cautioned|charged|stopped by (?:the )?police)",
            r"police (?:\w+ )?(?:stop|stopped|search|searched|arrest|arrested|question|questioned) you",
            rf"{YOU}(?:got|get|keep|kept) (?:\w+ ){{0,3}}{ARMS}",
            rf"friends?\b(?: \w+){{0,3}} (?:carry|carries|carrying|own|owns|have|has|got|use|uses|sell|sells|take|takes) (?:\w+ ){{0,3}}(?:{ARMS}|{DRUGS})",
            rf"{YOU}(?:drunk|high|stoned)\b",
            r"trouble with the police",
            r"been (?:arrested|in prison|in custody)",
            rf"{YOU}(?:carry|carried|carrying|own|owned|bring|brought|used) (?:\w+ ){{0,3}}{ARMS}",
            rf"{YOU}(?:take|taken|took|taking|try|tried|use|used|smoke|smoked|buy|bought) (?:\w+ ){{0,2}}(?:{DRUGS}|vapes?|cigarettes?|alcohol)",
            r"do you (?:ever |sometimes |often )?(?:vape|smoke|drink alcohol|get drunk|get high)",
            rf"{YOU}(?:stolen|shoplifted|steal|shoplift)",
            r"(?:are|were) you (?:\w+ )?in a gang",
            r"gang member",
        ),
        (
            r"cofnod troseddol",
            r"record droseddol",
            r"arestio",
            r"trafferth gyda ?r heddlu",
            r"(?:wyt ti|ydych chi)n? (?:\w+ ){0,3}(?:cario|gario) (?:cyllell|arf|cyllyll)",
            r"(?:wyt ti|ydych chi)n? (?:\w+ ){0,3}(?:cymryd|gymryd|defnyddio) cyffuriau",
            r"(?:wyt ti|ydych chi)n? (?:fepio|ysmygu)",
        ),
    ),
    Topic("beliefs_and_body", _l("Own items may not ask students for their own religion, sexuality, gender identity, pregnancy or health."),
        (
            r"(?:what|which)(?: is|s)? (?:your )?(?:religion|faith)\b(?! (?:lessons?|room))",
            r"your (?:own )?(?:religion|religious beliefs?|faith)\b",
            r"(?:are|do) you (?:\w+ )?(?:religious|muslim|christian|jewish|hindu|sikh|catholic|pray|believe in god)",
            r"(?:your|own) sexuality",
            r"your gender identity",
            r"are you (?:\w+ )?(?:gay|lesbian|bi|bisexual|straight|queer|trans|transgender|lgbt\w*|non ?binary)\b",
            r"(?:who|do) (?:do )?you fancy",
            r"(?:do|have) you (?:\w+ )?(?:got )?a (?:boyfriend|girlfriend)",
            r"pregnan",
            r"abortion",
            r"miscarr",
            r"contracept",
            r"diagnos",
            r"(?:your|any|take) medication",
            r"(?:are|were) you (?:\w+ )?(?:depressed|autistic|bipolar|hiv)\b",
            r"(?:do|did) you (?:\w+ )?believe in god",
            r"(?:do you have|your) (?:a )?(?:mental illness|mental health (?:condition|problem))",
        ),
        (
            r"(?:beth|pa) (?:yw|ydy) (?:dy|eich) (?:grefydd|crefydd|ffydd)",
            r"(?:dy|eich) (?:grefydd|crefydd|rywioldeb|rhywioldeb)",
            r"pa grefydd",
            r"(?:wyt ti|ydych chi)n? (?:\w+ ){0,1}(?:hoyw|lesbiaidd|ddeurywiol|draws|grefyddol)",
            r"beichiog",
            r"feichiog",
            r"erthyl",
            r"cyfeiriadedd rhywiol",
        ),
    ),
    Topic("name", _l("Own items may not ask for a name: the survey is anonymous."),
        (
            rf"{ASK} (?:\w+ ){{0,2}}?(?:your|full|first|last|own) (?:\w+ )?names?\b",
            r"your (?:full |first |last |own |real |nick ?)?name\b",
            r"surname",
            r"your (?:nickname|initials)",
            r"who are you$",
            r"sign (?:here|your)",
        ),
        (
            r"(?:dy|eich|ei) (?:enw|henw)\b",
            r"enw (?:llawn|cyntaf)",
            r"cyfenw",
            r"dy lysenw",
            r"pwy wyt ti$",
        ),
    ),
    Topic("contact_details", _l("Own items may not ask where somebody lives or how to reach them. Asking for help is another page, kept apart."),
        (
            r"(?:your|home|house|postal|email|e mail) address",
            r"where (?:do|does) (?:you|your \w+) live",
            r"(?:which|what) (?:street|road|estate|village|area) (?:do|are) you (?:live|from)",
            r"do you live (?:on|in|at)\b",
            r"house number",
            r"(?:phone|mobile|telephone|whatsapp) ?(?:number|no)",
            r"your (?:phone|mobile) ?(?:number|no)\b",
            r"your number\b",
            r"your (?:\w+ )?e ?mail",
            r"e ?mail address",
            rf"{ASK} (?:\w+ ){{0,2}}e ?mail",
            r"post ?code",
            r"zip code",
            r"user ?names?",
            r"(?:what|whats|which|give us|tell us|write)(?: is| are)? your (?:insta\w*|snap\w*|tik ?tok|discord|whatsapp|xbox|phone|mobile)\b$",
            r"add you on",
            r"house (?:on|in)$",
            r"street is your",
            r"your (?:insta\w*|snap\w*|tik ?tok|discord|xbox|gamer|social media) ?(?:name|handle|id|tag|user)",
            r"how can we (?:contact|reach|find) you",
            r"contact details",
        ),
        (
            r"(?:dy|eich) (?:gyfeiriad|cyfeiriad)",
            r"cyfeiriad (?:cartref|e ?bost)",
            r"e ?bost",
            r"(?:rhif|rif) (?:ffon|symudol|ty)",
            r"cod ?post",
            r"god post",
            r"ble (?:wyt tin|rwyt tin|ydych chin|dych chin) byw",
            r"enw defnyddiwr",
        ),
    ),
    Topic("birthday", _l("Own items may not ask for a birthday or an exact age."),
        (
            r"birthday",
            r"birth ?date",
            r"date of birth",
            r"\bdob\b",
            r"when were you born",
            r"how old are you",
            r"what age are you",
            rf"{ASK} (?:is )?(?:your )?(?:exact )?age\b",
            r"exact age",
            r"(?:month|year|day) (?:were )?you (?:were )?born",
        ),
        (
            r"(?:pen|phen|ben) ?blwydd",
            r"dyddiad (?:dy )?(?:geni|eni)",
            r"pryd (?:y )?(?:cest|gest) ti dy eni",
            r"faint ydy dy oed",
            r"faint yw dy oed",
        ),
    ),
    Topic("group", _l("Own items may not ask for a form, tutor group, class, house or number: with the year group that would point at a few students."),
        (
            r"(?:which|what|your) (?:is your )?(?:form|tutor(?: group)?|registration(?: group)?|house|set|class)(?: (?:group|class))? (?:are|is|do) you",
            r"your tutors? name",
            r"who is your (?:form )?tutor",
            rf"{ASK} (?:us )?(?:your )?(?:form|tutor group|registration group|class)\b(?! (?:of|lessons?|rooms?|clubs?))",
            r"(?:which|what)(?: is|s)? (?:your )?(?:form|tutor group|registration group|house)\b(?! (?:of|point|rules?|events?|should))",
            r"(?:student|pupil|candidate|admission|admissions|upn|exam) ?(?:number|id)\b",
            r"\bupn\b",
            rf"{ASK}(?: \w+){{0,3}} (?:login|log in|password)\b",
        ),
        (
            r"(?:grwp|grwp dy|dosbarth) (?:tiwtor|cofrestru)",
            r"pa (?:ddosbarth|grwp|lys) (?:wyt ti|ydych chi|rwyt ti)",
            r"(?:rhif|rif) (?:disgybl|myfyriwr|ymgeisydd)",
            r"beth (?:yw|ydy) dy gyfrinair",
        ),
    ),
    Topic("naming", _l("Own items may not ask students to name anyone, or say who did something. Ask about the place or the time instead."),
        (
            r"who (?:did|does|has done|is doing) (?:it|this|that|these)",
            rf"(?:^|know |say |us |write |and )who (?:\w+ )?(?:{HARM}|bull\w+|pick\w*|start\w*|push\w*|call\w*) (?:you|them|it|people|others|on|fights?)",
            rf"name (?:of )?(?:the|a|any|one|some|each|that|another|your|two|three) (?:(?!place|spot|time|area|thing|subject|lesson)\w+ )?{PERSON}",
            rf"names? of (?:\w+ ){{0,2}}{PERSON}",
            rf"name (?:{PERSON}|names|them|him|her|anyone|somebody)\b",
            r"who (?:is|are|was|were) (?:the |a |your )?(?:\w+ )?(?:bully|bullies|worst|culprits?|troublemakers?)",
            r"who (?:do|did|would|should) you (?:think (?:did|does)|blame|avoid|hate|not like|dislike)",
            r"(?:which|how many|who) (?:one )?(?:of|in|among) your (?:friends|class|form|year|group|family)\b",
            r"who (?:sells?|deals?|carr(?:y|ies)|steals?|vapes|smokes|hurts?|hits?) ",
            rf"who (?:has|have|brings?|takes?) (?:\w+ )?(?:{ARMS}|{DRUGS})",
            r"whose (?:fault|idea) (?:is|was)",
            r"which (?:pupils?|students?|boys?|girls?|teachers?|members? of staff|person|people|kids?)\b(?! (?:need|feel))",
            r"(?:describe|identify|tell us about) (?:the |a |any )?(?:person|pupil|student|teacher|bully)",
        ),
        (
            r"pwy (?:wnaeth|syn gwneud|oedd yn|sydd wedi)",
            r"enwa(?:r|i|wch)? (?:y |r )?(?:person|disgybl|athro|athrawes|bwli|pobl|rhywun)",
            r"pa (?:ddisgybl|ddisgyblion|athro|athrawes|athrawon|berson|blentyn)\b",
            r"pwy yw (?:r )?bwli",
        ),
    ),
    Topic("teacher", _l("Words that name a member of staff may not be used: students would be writing about a person."),
        (
            rf"(?:a|your|any|one of your|some) (?:teachers?|members? of staff|coach|head)\b(?: \w+){{0,3}} {HARM}",
        ),
        as_written=(STAFF.pattern,),
    ),
    Topic("money", _l("Own items may not ask about money, work or meals at home: answers would single out poorer students."),
        (
            r"free school (?:meals?|lunch\w*|dinners?)",
            r"pupil premium",
            r"food ?banks?",
            r"(?:claim|claims|get|gets|on|receive) (?:\w+ )?(?:benefits|universal credit)",
            rf"how much (?:money )?(?:do|does|did) (?:your )?(?:{FAMILY}|you) (?:earn|have|get|make)",
            rf"{FAMILY}\b(?: \w+){{0,3}} (?:poor|rich|earn\w*|afford|in debt|unemployed|out of work)\b",
            r"(?:can|could) (?:you|your family) afford",
        ),
        (r"(?:prydau|pryd|brydau|bryd|cinio|ginio) ysgol am ddim", r"banc bwyd", r"fanc bwyd", r"budd ?dal"),
    ),
)
# fmt: on
"""Everything that is blocked, in the order it is looked for."""

HARMLESS = re.compile(
    r"\b(?:relationships?,? and sex education|sex education|sex and relationships?|addysg (?:rhyw|"
    r"rhywioldeb)(?: a pherthnasoedd)?|addysg cydberthynas a rhywioldeb|(?:same|single|mixed|"
    r"opposite|one|either) sex|teachers? names? for|e ?mails? from school|school e ?mails?|"
    r"health and social care|in care of|social media|ministers?)\b"
)
"""Everyday words that hold a blocked one; they are taken out before looking."""
