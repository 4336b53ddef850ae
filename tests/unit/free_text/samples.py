"""Made texts like those students write, with what leads to a person in braces. No one in them is
real: the numbers are kept free for fiction by Ofcom, the postcodes lead nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

STAFF = ("Ms Okafor", "Mr Tom Field", "Mrs Hall", "Dr Siân Pritchard", "Mr O'Brien", "Miss Begum")

WRITTEN = """
ring me on {07700 900123} please
you can text {+44 7700 900 123} or {0117 496 0000} after 4
my number is {seven seven zero zero nine double zero one two three}
his number is {7700900456} he sells vapes
write to {sam.h@example.org} if you want proof
{sam dot h at gmail dot com} thats me
{sam at gmail dot com} thats me
add {@sam_9x} he sends stuff
his snap: {wolfie.09x} and her insta is {j_smith}
{tomk2011} posted it on tiktok
look at {www.example.org/fights} its all there
it happens by {LS1 4AB} near the shop
near {ls14ab} every friday
{ms okafor} shouts at us in the corridor
{Okafer} never listens
ask {dr pritchard}s office
{O'Brien} told me off for it
{Mr Field} and {Mrs Hall} see it and walk on
{miss begum} is the only one who helps
{mr davies} lets them do it
{Coach Lewis} watches the changing rooms
{Jack} and {Kyle} push people by the gate
{jack} hits people
my friend {Zofia} was pushed down the stairs
a boy called {reece} follows me
its {Muhammad} in my form
a girl named {Lottie} spreads things online
they wait for {Ayesha} after school
people in {10B} fight every week
i am in form {9X2} and nobody sits with me
The toilets near the hall are scary at lunch, nobody checks them.
More staff by the back stairs at the end of break.
the lights by the bike shed dont work
Somewhere quiet to sit when it rains please!!
It is worse in Year 9 I think, mostly at break.
Years 7 8 9 10 11 12 13 all push in the queue
since September 2026 the top corridor is packed from 12.30 to 13.10
in 2024 2025 2026 it was the same
i get called names because i am Polish
they called me fat and stupid
i miss the bus so i have to wait in the dark
Miss says we should tell someone but nothing happens
THE FIELD IS MUDDY AND NOBODY GOES THERE
the hall and the field are fine, the gym is not
Near Tesco on Friday people smoke
Open the Library at lunch
meet @ the gates at 3pm
b4 9pm it is ok, after that no
more lights by the bus stop.It is dark
Block 4 room 12 is bad, 3 times a week
covid19 made it worse, room12 too
People vape in there. Teachers know.
will there be cameras in may or june
Why are the doors locked? We wait outside 20 minutes.
on the bus people throw things - drivers dont care
PE changing rooms are the worst. Everyone films everyone.
The park. The alley. The bus station.
I feel safe here :)
Nothing really
Some year 11s push the small ones, it's not fair
Snapchat groups about people, the school should stop it
Sir and miss stand at the front, nobody at the back
"""

UNSEEN = """
{Tyrone} and his mates wait at the crossing by the chippy
everyone knows its {abdullah} and {mo}
{Mrs Whittaker} in the office was kind about it
the caretaker {dave} saw it and did nothing
{kaitlyn}s brother deals behind the sports hall
sir ({Mr. Obi}) broke it up
{LEWIS} PUNCHED ME BY THE LOCKERS
ask {Ms Okaforr} she was there
i told {field} and he laughed
{mr field} laughed
my house is 14 {Ashgrove Terrace} and they wait outside
I am the only girl in {class 8C} who wears hijab
my form is {11K}
msg me {077 00 900 789}
{07700-900-321} is my mums number
its on {instagram.com/fights.northmoor}
{xX_ghost_Xx} is the account
discord {ghost#4411}
send it to {head@northmoor.sch.uk}
postcode is {M1 1AE} by the arches
{Oskar} z klasy mnie popycha
{Aisha} and me are scared of the tram stop
the new boy {Yusuf} gets it worst
{JJ} smokes in there every break
Jade Street bus stop is the worst after four
The alley behind Lidl and Boots needs lights
on Mondays in Hall B it is loud and people shove
the victoria building stairs are too narrow
{grace} the dinner lady
we need more benches, bins and shade
Please fix the locks in the girls toilets on the second floor
in October and November it is pitch black at 16:45
my sister in year 7 is scared of the big kids
teachers stand in the hall and chat
Racist jokes all the time and nobody says anything
I dont use the toilets all day because of vaping
u shud put cctv by bike sheds
Friday is worst because supply teachers
they call me Shrek
maybe ask us more often?
The 7B bus is full of year 11s
Stop letting people in at the side gate, it is open at 8.15
after PE in the changing rooms, people take photos
Ramadan was hard, people joke about food
"""
"""Written when the hints were done, and not used to mend them."""


@dataclass(frozen=True)
class Sample:
    """A text, and the parts of it that lead to a person."""

    text: str
    marked: tuple[tuple[int, int], ...]


def _read(line: str) -> Sample:
    text, marked = "", []
    for part in re.split(r"(\{[^}]*\})", line):
        if part.startswith("{"):
            marked.append((len(text), len(text) + len(part) - 2))
        text += part.strip("{}") if part.startswith("{") else part
    return Sample(text, tuple(marked))


SAMPLES = tuple(map(_read, WRITTEN.strip().splitlines()))
UNSEEN_SAMPLES = tuple(map(_read, UNSEEN.strip().splitlines()))
