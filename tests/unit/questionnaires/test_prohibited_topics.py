from __future__ import annotations

import pytest

from survey.questionnaires.load import load_all
from survey.questionnaires.model import Text
from survey.questionnaires.prohibited_topics.matching import find, remarks, topics_in
from survey.questionnaires.prohibited_topics.topics import TOPICS

BLOCKED = [
    ("sexual", "Has anyone touched you in a sexual way?"),
    ("sexual", "Have you been groped at school?"),
    ("sexual", "A oes rhywun wedi dy gyffwrdd yn rhywiol?"),
    ("sexual", "Have you been r@ped?"),
    ("images", "Have you ever sent a nude?"),
    ("images", "Has a private picture of you been passed on?"),
    ("images", "Wyt ti wedi anfon llun noeth?"),
    ("exploitation", "Have you been asked to carry drugs?"),
    ("exploitation", "Do older people make pupils sell weed?"),
    ("exploitation", "Are county lines a problem here?"),
    ("exploitation", "Has an older person offered you gifts?"),
    ("exploitation", "Oes rhywun wedi gofyn i ti werthu cyffuriau?"),
    ("partner_violence", "Has your boyfriend ever hit you?"),
    ("partner_violence", "Have you been controlled by a girlfriend?"),
    ("partner_violence", "Ydy dy gariad yn dy reoli?"),
    ("self_harm", "Have you thought about self-harm?"),
    ("self_harm", "Do you hurt yourself when you are sad?"),
    ("self_harm", "Wyt ti wedi hunan-niweidio?"),
    ("suicide", "Have you felt suicidal?"),
    ("suicide", "Have you thought about su.i.cide?"),
    ("suicide", "Have you thought about s u i c i d e?"),
    ("suicide", "Have you thought about suic1de?"),
    ("suicide", "Have you thought about su\u200bicide?"),
    ("suicide", "Have you wanted to die?"),
    ("suicide", "Wyt ti wedi meddwl am hunanladdiad?"),
    ("home", "Do you feel safe at home?"),
    ("home", "Does your dad ever hit you?"),
    ("home", "Do your parents shout at you?"),
    ("home", "Do you have a social worker?"),
    ("home", "Wyt ti'n teimlo'n ddiogel gartref?"),
    ("immigration", "What is your immigration status?"),
    ("immigration", "Which country were you born in?"),
    ("immigration", "Are you a refugee?"),
    ("immigration", "Wyt ti'n ffoadur?"),
    ("offences", "Do you have a criminal record?"),
    ("offences", "Have you ever been arrested?"),
    ("offences", "Do you carry a knife?"),
    ("offences", "Have you ever taken drugs?"),
    ("offences", "Do you vape?"),
    ("offences", "Oes gen ti gofnod troseddol neu record droseddol?"),
    ("beliefs_and_body", "What is your religion?"),
    ("beliefs_and_body", "Are you gay?"),
    ("beliefs_and_body", "Have you ever been pregnant?"),
    ("beliefs_and_body", "Beth yw dy grefydd?"),
    ("name", "What is your name?"),
    ("name", "What is your n4me?"),
    ("name", "What is your N A M E?"),
    ("name", "Please write your full name."),
    ("name", "Beth yw dy enw?"),
    ("contact_details", "Where do you live?"),
    ("contact_details", "What is your home address?"),
    ("contact_details", "What is your phone number?"),
    ("contact_details", "Write your e-mail."),
    ("contact_details", "What is the first half of your postcode?"),
    ("contact_details", "What is your Snapchat name?"),
    ("contact_details", "Beth yw dy rif ffôn?"),
    ("contact_details", "Beth yw dy god post?"),
    ("birthday", "When is your birthday?"),
    ("birthday", "What is your date of birth?"),
    ("birthday", "In which month were you born?"),
    ("birthday", "Pryd mae dy ben-blwydd?"),
    ("group", "Which form are you in?"),
    ("group", "What is your tutor group?"),
    ("group", "What is your student number?"),
    ("group", "Pa ddosbarth wyt ti ynddo?"),
    ("naming", "Who did it?"),
    ("naming", "Name the person who makes you feel unsafe."),
    ("naming", "Who bullies you at lunch?"),
    ("naming", "Which teacher makes you feel unsafe?"),
    ("naming", "Pwy wnaeth hyn?"),
    ("naming", "Enwa'r person."),
    ("teacher", "Does Mr Example listen to you?"),
    ("teacher", "Is Miss Example fair?"),
]

# The kinds that once passed.
BLOCKED += [
    ("home", "Are you being abused by somebody?"),
    ("home", "Is someone at home hurting you?"),
    ("home", "Are you scared to go home?"),
    ("home", "Has your dad been to prison?"),
    ("home", "Are you adopted or fostered?"),
    ("suicide", "Do you feel like ending it all?"),
    ("suicide", "Do you ever wish you were not here any more?"),
    ("suicide", "Is life not worth living?"),
    ("money", "Are you on free school meals?"),
    ("money", "Does your family use a food bank?"),
    ("money", "How much do your parents earn?"),
    ("money", "Wyt ti'n cael prydau ysgol am ddim?"),
    ("contact_details", "What is your Snapchat?"),
    ("contact_details", "What's your insta?"),
    ("contact_details", "Can we add you on Discord?"),
    ("naming", "Which of your friends carries a knife?"),
    ("naming", "Who sells drugs at school?"),
    ("naming", "Who in your class is the worst bully?"),
    ("naming", "Whose fault is it?"),
    ("offences", "Have you got a knife?"),
    ("offences", "Do any of your friends carry a weapon?"),
    ("offences", "Have you ever been drunk?"),
    ("self_harm", "Do you cut?"),
    ("self_harm", "Do you skip meals to lose weight?"),
    ("sexual", "Have you ever kissed someone?"),
    ("sexual", "Has anyone made you do things with your body?"),
    ("beliefs_and_body", "Do you take any medication?"),
    ("beliefs_and_body", "Are you depressed?"),
    ("beliefs_and_body", "Do you believe in God?"),
    ("teacher", "Does mr.example shout?"),
    ("teacher", "Has a teacher ever hit you?"),
]

# Not looked at while the patterns were written.
UNSEEN_BLOCKED = [
    "Has anybody ever forced you to have sex?", "Have you lost your virginity?",
    "Has somebody asked you for nudes?", "Did anyone share a naked photo of you?",
    "Have you been asked to hold a package for someone older?",
    "Has a grown-up bought you presents?",
    "Does your girlfriend check your phone and hit you?", "Is your boyfriend violent?",
    "Have you ever starved yourself?", "Do you want to hurt yourself?",
    "Do you think about killing yourself?", "Do you ever feel life is not worth it?",
    "Is there violence in your home?", "Does your mum drink too much?",
    "Is your family seeking asylum?", "Were you born outside the UK?",
    "Have the police ever stopped you?", "Do you smoke weed?",
    "Are you trans?", "Do you have a mental illness?",
    "Tell us your full name", "What do your friends call you: write your nickname",
    "What street is your house on?", "Give us your mobile number",
    "How old are you exactly?", "Which tutor group are you in?",
    "Who hurt you?", "Name the pupil who started it",
    "Is Mr. Patel nice to you?", "Do your parents claim benefits?",
]  # fmt: skip
UNSEEN_SENSIBLE = [
    "Do you feel safe in the lunch queue?", "How often are the toilets locked?",
    "Do you know where to get help in school?", "Is the bus stop well lit?",
    "Do staff listen when students report problems?", "Would you like a quiet room at break?",
    "How safe is the path by the river?", "Do you feel safe when you change for PE?",
    "Are there enough adults at the gate after school?", "Do you walk home with friends?",
    "Is the free breakfast club somewhere you feel safe?", "Do people wait for each other?",
    "Would a phone ban make you feel safer?", "How often do you hear shouting in corridors?",
    "Do pupils carry their bags safely on the stairs?", "Who can you talk to at school?",
    "Does the school act when someone is bullied?", "Where should lights be added?",
    "Do you feel you belong here?", "Is the prayer room a safe place?",
    "Do you feel safe on school trips?", "Do older students help younger ones?",
    "Are homework clubs easy to reach?", "Does the one-way system help?",
    "Who has the key to the library?", "Are you anxious about the lunch queue?",
]  # fmt: skip


def test_of_questions_not_seen_before_nearly_all_are_found() -> None:
    """The rates that docs/own-questions.md gives; a second person reads the rest."""
    passed = [words for words in UNSEEN_BLOCKED if not topics_in(words)]
    alarms = [words for words in UNSEEN_SENSIBLE if topics_in(words)]
    assert len(UNSEEN_BLOCKED) == 30
    assert len(passed) <= 3, passed
    assert len(alarms) <= 1, alarms


SENSIBLE = [
    "Do you feel safe in the sports hall?",
    "Do you feel safe at the bus stop on Station Road?",
    "Do you feel safe on your way home?",
    "How often do you see an adult in the corridors at lunch?",
    "Would more lights on the path make you feel safer?",
    "Do you know the name of the safeguarding lead?",
    "Have you been called names in the lunch queue?",
    "Do pupils use unkind nicknames?",
    "Do you know who to tell if someone hurts you?",
    "Who would you report a problem to?",
    "Who are you with at lunch?",
    "Which adult at school would you talk to?",
    "Would you tell your form tutor?",
    "Do you feel safe in your tutor group?",
    "Do people your age have somewhere to go after school?",
    "Which lessons do you miss most often?",
    "Do you miss lessons because of the toilets?",
    "Do sex education lessons help you?",
    "Are there enough single-sex toilets?",
    "Do you hear sexist comments in lessons?",
    "Is school a fair place for LGBT+ pupils?",
    "Are people kind about religion here?",
    "Is there a quiet space to pray?",
    "How worried are you about people carrying knives?",
    "Would more police near school make you feel safer?",
    "Do you see people vaping in the toilets?",
    "Do you get unkind messages or emails?",
    "Do you share passwords with friends?",
    "Do parents hear about safety at school?",
    "Does school tell parents about threats?",
    "Which places look neglected?",
    "Do adults help pupils who bully others to stop?",
    "Are new pupils from other countries made welcome?",
    "Does the school take care of its buildings?",
    "Name a place students avoid.",
    "What class clubs would you join?",
    "Do older pupils push in the queue?",
    "How safe is the canteen in Year 7?",
    "Wyt ti'n teimlo'n ddiogel yn y neuadd?",
    "Oes rhyw le yn yr ysgol yn teimlo'n anniogel?",
    "Ydy pobl o dy oed di yn teimlo'n ddiogel yn y parc?",
    "Wyt ti'n clywed sylwadau rhywiaethol?",
    "Ydy athrawon yn gwrando?",
    "Wyt ti'n teimlo'n ddiogel ar y ffordd adref?",
]


def keys(words: str) -> list[str]:
    return [found.key for found in topics_in(words)]


def test_blocked() -> None:
    assert [(topic, words) for topic, words in BLOCKED if topic not in keys(words)] == []


def test_not_a_false_alarm() -> None:
    assert {words: keys(words) for words in SENSIBLE if keys(words)} == {}


def test_every_topic_is_tried_in_both_languages() -> None:
    """A topic without a blocked example is a topic that no one has seen working."""
    assert {topic.key for topic in TOPICS} == {topic for topic, _ in BLOCKED}


def test_a_finding_says_language_and_reason() -> None:
    text = Text.of({"en": "Is the hall safe?", "cy": "Beth yw dy enw?"})
    (finding,) = find(text)
    assert (finding.topic, finding.language) == ("name", "cy")
    assert "anonymous" in finding.why


def test_at_most_eighteen_words() -> None:
    assert find(Text.of({"en": "one " * 18})) == ()
    (finding,) = find(Text.of({"en": "one " * 19}))
    assert finding.topic == "too_long"
    assert find(Text.of({"en": "one " * 19}), longest=19) == ()


@pytest.mark.parametrize(
    ("words", "is_remarked"),
    [
        ("Is the hall safe? Is it quiet?", True),
        ("Is the hall safe and/or quiet?", True),
        ("Is the hall safe and do you like it?", True),
        ("Is the hall safe?", False),
        ("Are the stairs and corridors crowded?", False),
    ],
)
def test_two_in_one_is_a_remark_and_no_refusal(words: str, is_remarked: bool) -> None:
    text = Text.of({"en": words})
    assert bool(remarks(text)) is is_remarked
    assert find(text) == ()


def test_the_mild_items_of_the_shipped_templates_are_no_false_alarms() -> None:
    """Items rated 0 or 1 show what sensible wording looks like."""
    for template in load_all().values():
        for item in template.items:
            if item.sensitivity <= 1 and item.key not in ("J1",):
                for tag, words in item.wording.by_language:
                    assert [t.key for t in topics_in(words, tag)] == [], (item.key, words)


ASKED_ANOTHER_WAY = """
Have you ever thought about ending your life?
Do you s3lf h4rm?
Do you ever cvt yourself?
Does anyone at home make you feel small?
Is home a safe place for you?
Does your stepdad hit you?
Do you feel safe when you get home?
Has an adult ever touched you where you did not want it?
Has somebody made you do something in bed?
Have you had s e x?
Have you been r4ped?
Are your parents illegal immigrants?
Do you have papers to stay in the UK?
Were you born in Britain?
Are you allowed to stay in this country?
Do you go to mosque?
Do you go to church on Sundays?
What god do you believe in?
Do you wear a hijab?
Do you celebrate Ramadan?
Have you got a police record?
Have you ever broken the law?
Have you been in trouble with the law?
Has your dad been inside?
Have you ever been locked up?
Which teacher shouts the most?
Who is the worst bully in Year 9?
Who bullies you?
Write the name of someone who hurts you
Tell us who it was
Which student should be excluded?
What are your initials?
Do you take happy pills?
Do you feel depressed?
Are you on antidepressants?
Do you wish you were not here any more?
Have you ever wanted to unalive yourself?
Do you think of su1c1de?
Do you want to kms?
Are you anorexic?
Do you make yourself throw up?
Have you lost your virginity?
Are you gay?
Do you fancy boys or girls?
Do you feel like a boy or a girl inside?
Were you born a boy?
Have you sent a nude?
Has your boyfriend ever hit you?
Does your partner check your phone?
Do you carry a blade?
Do you bring a shank to school?
Do you carry for protection?
Do you do drugs?
Do you smoke weed?
Have you tried ket?
Are you in a gang?
Do you run county lines?
Has anyone asked you to hold something for them?
Are you hungry at home?
Do your parents have jobs?
Do you get free meals?
Do you live with both your parents?
Do your parents drink too much?
Does anyone at home scare you?
Do you have a social worker?
What is your snap?
Where do you live?
What road is your house on?
What form are you in?
When is your birthday?
Wyt ti wedi meddwl am ladd dy hun?
Wyt ti'n torri dy hun?
Oes rhywun gartref yn dy frifo?
Wyt ti'n teimlo'n ddiogel gartref?
Oes rhywun wedi dy gyffwrdd?
Wyt ti wedi cael rhyw?
Wyt ti'n hoyw?
Beth yw dy grefydd?
Wyt ti'n mynd i'r mosg?
Wyt ti'n cario cyllell?
Wyt ti'n cymryd cyffuriau?
Pwy sy'n dy fwlio di?
Enwa'r athro sy'n gweiddi
Ble wyt ti'n byw?
Beth yw dy enw?
Oes gen ti record gyda'r heddlu?
O ba wlad wyt ti'n dod?
Ydy dy rieni yn dy daro di?
Wyt ti'n dymuno dy fod ti wedi marw?
Do you have dark thoughts?
Do you feel life has no meaning?
Has family ever hurt you?
Do you get beaten?
Are you scared of someone you live with?
Has someone in your house hurt you?
Do you have a disability?
Have you had an abortion?
Are you on your period?
Do you have HIV?
Does Mr Smith pick on you?
Is Miss T fair?
Does the PE teacher watch you change?
Does a member of staff make you uncomfortable?
Have you ever been groomed?
Do older men message you?
Have you met someone from online?
Do you send pics to strangers?
""".strip().splitlines()
"""Euphemisms, figures for letters, Welsh, and what is only hinted at."""


def test_what_is_asked_another_way_is_blocked_too() -> None:
    assert [words for words in ASKED_ANOTHER_WAY if not keys(words)] == []


@pytest.mark.parametrize(
    ("language", "words", "topic"),
    [
        ("pl", "Czy ktoś cię dotykał?", "sexual"), ("pl", "Myślisz o samobójstwie?", "suicide"),
        ("ro", "Te-ai gândit la sinucidere?", "suicide"),
        ("uk", "Думаєш про самогубство?", "suicide"),
        ("ar", "هل فكرت في الانتحار؟", "suicide"), ("ur", "خودکشی کے بارے میں سوچا؟", "suicide"),
        ("bn", "আত্মহত্যার কথা ভেবেছ?", "suicide"), ("pa", "ਖੁਦਕੁਸ਼ੀ ਬਾਰੇ ਸੋਚਿਆ?", "suicide"),
        ("so", "Magacaaga waa maxay?", "name"), ("ur", "کیا گھر میں محفوظ ہو؟", "home"),
    ],
)  # fmt: skip
def test_the_plainest_words_are_blocked_in_the_languages_of_students(
    language: str, words: str, topic: str
) -> None:
    assert topic in [one.topic for one in find(Text.of({"en": "Is it safe?", language: words}))]


FAIR = """
How safe do you feel in the dinner hall?
Is there an adult nearby at break?
Are the toilets clean?
Which place needs to be safer first?
Do you know who to ask for help?
How often do students push in the corridor?
Is the lighting good at the bus stop?
Do you feel safe on the way home?
Which entrance do you use?
Do staff act when someone is bullied?
What would make the playground safer?
Do you feel you belong in this school?
How often do you hear racist words?
Are there enough seats at lunch?
Do you feel safe going home after dark?
Do you feel safe in the changing rooms?
How do you travel to school?
Are there drugs near school?
Have you seen a knife in the area?
Is the prayer room easy to find?
Is the prayer room a calm place?
Does the religion lesson feel safe?
Do you walk home alone?
Is homework club safe?
Do students vape in the toilets?
Do you feel safe at the mosque stop?
Do you know what the police do in school?
Can you get help if you are bullied online?
Ydy'r toiledau yn lân?
Pa mor ddiogel wyt ti'n teimlo yn y ffreutur?
Ble mae angen mwy o oedolion?
Wyt ti'n gwybod at bwy i fynd?
Is the church hall gate safe?
Do you feel safe by the church?
Is it safe to cross the road by the house?
""".strip().splitlines()


def test_a_question_about_places_and_staff_is_left_alone() -> None:
    assert {words: keys(words) for words in FAIR if keys(words)} == {}


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("suicide", "Do you think of sucide?"),
        ("suicide", "Do you want to kiII yourself?"),
        ("suicide", "Do you think of sewerslide?"),
        ("suicide", "क्या आप आत्महत्या के बारे में सोचते हैं?"),
        ("suicide", "Ma ku fikirtay inaad is disho?"),
        ("self_harm", "Have you ever cut you'reself?"),
        ("self_harm", "do u hurt ur self"),
        ("self_harm", "क्या आपने कभी खुद को नुकसान पहुँचाया?"),
        ("self_harm", "Czy kiedykolwiek się okaleczałeś?"),
        ("beliefs_and_body", "What is your religon?"),
        ("beliefs_and_body", "Are you a lezbian?"),
        ("beliefs_and_body", "Do you have ADHD?"),
        ("beliefs_and_body", "How much do you weigh?"),
        ("offences", "Do you take drugz?"),
        ("offences", "Do you have a nife?"),
        ("home", "Are your parents divorced?"),
        ("images", "Have you sent nudez?"),
        ("sexual", "Have you watched p*rn?"),
        ("birthday", "What's your date of brith?"),
        ("birthday", "How old r u exactly?"),
        ("contact_details", "whats ur snap?"),
        ("contact_details", "Your phone numbr"),
        ("self_harm", "Do you self-harn?"),
        ("beliefs_and_body", "Are you often depresed?"),
        ("sexual", "Have you been sexully assulted?"),
        ("suicide", "Czy myślisz o samobójstwie?"),
        ("home", "Ești în siguranță acasă?"),
        ("suicide", "هل تفكر في الانتحار"),
        ("home", "Does your dad scare you?"),
        ("offences", "Which gang are you in?"),
        ("immigration", "Czy masz_azyl?"),
        ("sexual", "Czy jesteś homoseksualny?"),
        ("immigration", "هل قدمت طلب اللجوء"),
    ],
)
def test_misspelt_words_and_other_languages_are_found_in_the_english_field(
    topic: str, words: str
) -> None:
    assert topic in {one.key for one in topics_in(words, "en")}


@pytest.mark.parametrize(
    "words",
    [
        "Do people violate the rules of the library?",
        "What is dish of the day?",
        "Does the U-bend in the Year 7 toilets leak?",
        "Is the bed of flowers at the gate wet?",
        "Which building is dilapidated?",
        "Who is impressed by the new canteen?",
        "Is the library a refuge?",
        "Are you amused by the posters?",
        "What gangway is too narrow?",
        "Is the LazyLoader page quick?",
        "Do visitors from Brazil feel welcome?",
        "Is this dilapidated block safe?",
    ],
)
def test_words_that_look_like_them_are_left_alone(words: str) -> None:
    assert topics_in(words, "en") == ()
