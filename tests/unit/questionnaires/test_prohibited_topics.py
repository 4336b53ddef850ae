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


@pytest.mark.parametrize(("topic", "words"), BLOCKED)
def test_blocked(topic: str, words: str) -> None:
    assert topic in [found.key for found in topics_in(words)]


@pytest.mark.parametrize("words", SENSIBLE)
def test_not_a_false_alarm(words: str) -> None:
    assert [found.key for found in topics_in(words)] == []


def test_every_topic_is_tried_in_both_languages() -> None:
    """A topic without a blocked example is a topic nobody has seen working."""
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
                for _, words in item.wording.by_language:
                    assert [t.key for t in topics_in(words)] == [], (item.key, words)
