package lexicon

import (
	"strings"
	"sync"
)

// endings are the detachment rules of WordNet's morphy(7WN), and those of the
// comparison of adjectives; doubles marks those before which a consonant may
// have been doubled ("planned").
var endings = []struct {
	ending, base string
	doubles      bool
}{
	{"s", "", false}, {"ies", "y", false}, {"es", "", false}, {"es", "e", false}, {"men", "man", false},
	{"ing", "", true}, {"ing", "e", false},
	{"ed", "", true}, {"ed", "e", false}, {"ied", "y", false},
	{"er", "", true}, {"er", "e", false}, {"ier", "y", false},
	{"est", "", true}, {"est", "e", false}, {"iest", "y", false},
}

// irregular maps forms that no rule makes to their base.
var irregular = sync.OnceValue(func() map[string]string {
	forms := map[string]string{}
	for _, line := range strings.Split(irregularForms, "\n") {
		f := strings.Fields(line)
		for _, form := range f[min(1, len(f)):] {
			forms[form] = f[0]
		}
	}
	return forms
})

const irregularForms = `
arise arose arisen
awake awoke awoken
bear bore borne
beat beaten
become became
begin began begun
bend bent
bet bet
bind bound
bite bit bitten
bleed bled
blow blew blown
break broke broken
breed bred
bring brought
build built
burn burnt
buy bought
catch caught
choose chose chosen
cling clung
come came
creep crept
deal dealt
dig dug
draw drew drawn
dream dreamt
drink drank drunk
drive drove driven
eat ate eaten
fall fell fallen
feed fed
feel felt
fight fought
find found
flee fled
fly flew flown
forbid forbade forbidden
forecast forecast
foresee foresaw foreseen
forget forgot forgotten
forgive forgave forgiven
freeze froze frozen
get got gotten
give gave given
go went gone
grind ground
grow grew grown
hang hung
hear heard
hide hid hidden
hold held
keep kept
kneel knelt
know knew known
lay laid
lead led
lean leant
leap leapt
learn learnt
leave left
lend lent
lie lay lain
light lit
lose lost
make made
mean meant
meet met
mistake mistook mistaken
overcome overcame
overtake overtook overtaken
pay paid
plead pled
prove proven
ride rode ridden
ring rang rung
rise rose risen
run ran
say said
see saw seen
seek sought
sell sold
send sent
shake shook shaken
shine shone
shoot shot
show shown
shrink shrank shrunk
sing sang sung
sink sank sunk
sit sat
sleep slept
slide slid
speak spoke spoken
speed sped
spend spent
spin spun
spring sprang sprung
stand stood
steal stole stolen
stick stuck
sting stung
strike struck stricken
strive strove striven
swear swore sworn
sweep swept
swell swollen
swim swam swum
swing swung
take took taken
teach taught
tear tore torn
tell told
think thought
throw threw thrown
undergo underwent undergone
understand understood
undertake undertook undertaken
uphold upheld
wake woke woken
wear wore worn
weave wove woven
weep wept
win won
wind wound
withdraw withdrew withdrawn
withhold withheld
withstand withstood
write wrote written
analysis analyses
basis bases
child children
crisis crises
criterion criteria
curriculum curricula
datum data
diagnosis diagnoses
foot feet
goose geese
half halves
hypothesis hypotheses
knife knives
leaf leaves
life lives
loaf loaves
medium media
mouse mice
ox oxen
person people
phenomenon phenomena
shelf shelves
thesis theses
thief thieves
tooth teeth
wife wives
wolf wolves
bad worse worst
far farther farthest further furthest
good better best
little less least
many more most
`
