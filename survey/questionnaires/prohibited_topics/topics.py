"""The table of what a school's own words may not ask; `matching` looks things up in it."""

from __future__ import annotations

from survey.questionnaires.prohibited_topics.harm import OF_HARM
from survey.questionnaires.prohibited_topics.identity import OF_IDENTITY
from survey.questionnaires.prohibited_topics.wording import Topic

TOPICS: tuple[Topic, ...] = (*OF_HARM, *OF_IDENTITY)
"""Everything that is blocked, in the order it is looked for."""

OTHER_LANGUAGES = {
    "sexual": r"यौन|सेक्स|बलात्कार|छेड़छाड़|(?:homo|bi|hetero|trans)?se(?:ks|xual)|gwałt|dotyka|violat|секс|зґвалт|торка|جنس(?:ي|ية)|اغتصاب|جنسی|ریپ|যৌন|ধর্ষণ|ਜਿਨਸੀ|ਬਲਾਤਕਾਰ|galmo|kufsi",
    "self_harm": r"okalecz|खुद को (?:नुकसान|चोट|काट)|अपने आप को (?:नुकसान|चोट|काट)|samookalecz|ranisz się|autovătăm|automutil|самоушкодж|إيذاء النفس|تؤذي نفس|خود کو نقصان|নিজেকে আঘাত|ਆਪਣੇ ਆਪ ਨੂੰ ਨੁਕਸਾਨ|naftaada dhaawac",
    "suicide": r"is disho\b|आत्महत्या|खुदकुशी|samobój|odebrać sobie życie|sinucid|suicid|самогуб|انتحار|تقتل نفس|خودکشی|আত্মহত্যা|ਖੁਦਕੁਸ਼ੀ|ਆਤਮ ਹੱਤਿਆ|isdil|is dil",
    "home": r"घर (?:में|पर)|w domu|acas[ăa]\b|вдома|في البيت|في المنزل|گھر (?:میں|پر)|বাড়িতে|বাসায়|ਘਰ (?:ਵਿੱਚ|ਵਿਚ)|guriga",
    "immigration": r"अप्रवासन|नागरिकता|imigra|azyl|obywatelstw|azil\b|cetățeni|імігра|притул|громадянств|هجرة|لجوء|امیگریشن|شہریت|অভিবাসন|নাগরিকত্ব|ਇਮੀਗ੍ਰੇਸ਼ਨ|ਨਾਗਰਿਕਤਾ|soo galooti|magangal",
    "offences": r"ड्रग्स|नशा|नशील|चाकू|narkotyk|nosisz nóż|droguri|наркотик|مخدرات|منشیات|মাদক|ਨਸ਼ੇ|ਨਸ਼ੀਲੇ|daroog",
    "beliefs_and_body": r"धर्म|गर्भवती|समलैंगिक|religi|jesteś gej|ce religie|реліг|دينك|ما ديانتك|مذہب|তোমার ধর্ম|ਤੁਹਾਡਾ ਧਰਮ|diintaada|w ciąży|însărcinată|вагітн|حامل|حاملہ|গর্ভবতী|ਗਰਭਵਤੀ|uur leedahay",
    "name": r"तुम्हारा नाम|आपका नाम|अपना नाम|twoje imię|nazwisko|jak się nazywasz|numele tău|cum te cheamă|твоє ім|прізвищ|اسمك|تمہارا نام|آپ کا نام|তোমার নাম|আপনার নাম|ਤੁਹਾਡਾ ਨਾਂ|ਤੁਹਾਡਾ ਨਾਮ|magacaag",
    "contact_details": r"कहाँ रहत|कहां रहत|फोन नंबर|फ़ोन नंबर|gdzie mieszkasz|unde locuiești|де ти живеш|أين تسكن|أين تعيش|کہاں رہتے|কোথায় থাক|ਕਿੱਥੇ ਰਹਿੰਦੇ|xaggee deggan",
}  # fmt: skip
"""For each topic the plainest words in the other languages of students. Few: a person reads every
own question before a launch, and a translation is of words that were checked in English."""
# ruff: noqa: E501 (a pattern is read as a whole)
