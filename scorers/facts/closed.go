package facts

import (
	"strings"
	"sync"
)

// negations are the words that turn a statement round.
var negations = map[string]bool{"not": true, "no": true, "never": true, "none": true, "nobody": true, "nothing": true,
	"neither": true, "nor": true, "without": true, "nowhere": true, "non": true, "nicht": true, "kein": true, "keine": true, "keinen": true}

func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }

func wordSet(s string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		set := map[string]bool{}
		for _, w := range strings.Fields(s) {
			set[w] = true
		}
		return set
	})
}

// functionWords are the closed classes of English: articles, pronouns,
// prepositions, conjunctions, auxiliaries, and adverbs of degree.
var functionWords = wordSet(`a an the and or but of to in on at by for with from as is are was were be been being am it its
this that these those their his her hers they them he him she we us you it i me my mine our ours your yours which who whom whose what when where
while then than so also such like could would shall do does did doing done have has had having there here
about into during through between among against toward towards upon within across along around off out up down again further
once both each other another any some own same too very just even still yet already perhaps quite rather
if because since until unless although though whether however therefore thus hence moreover furthermore additionally
wo ca ll ve re d s t m o one ones something anything everything someone anyone everyone
etc eg ie vs via per itself himself herself themselves yourself ourselves myself`)

var germanWords = wordSet(`der die das den dem des ein eine einer einem einen eines und oder aber ist sind war waren wird werden
nicht kein keine mit von zu zum zur bei beim auf aus nach für im ins auch sich sie er es wir ihr ihre ihren ihrem als wenn dass daß
durch über unter um am an bis nur noch schon sehr wie so hat haben kann können muss müssen soll sollen`)

// contrast is the place of a word in a closed set of which one excludes the
// others.
type contrast struct{ set, member int }

// contrasts maps the words of closed pairs of opposites to their places.
var contrasts = sync.OnceValue(func() map[string]contrast {
	places := map[string]contrast{}
	for set, line := range lines(`
more greater | less fewer
most | least
before prior | after following
above over exceeding | below under beneath
all every always | some sometimes occasionally
first | last
must required mandatory shall | may might optional can
minimum min | maximum max
inside | outside
earlier sooner | later
only | also
ahead | behind
backward backwards | forward forwards
until till | from
for | against
up | down
`) {
		place(places, set, line)
	}
	return places
})

// exclusive are content words of which one excludes the others: rates, spans of
// time, colours, kin, and what people do and undo.
var exclusive = sync.OnceValue(func() map[string]contrast {
	places := map[string]contrast{}
	for set, line := range lines(`
hourly | daily | weekly | fortnightly biweekly | monthly | quarterly | yearly annually
minute minutes | hour hours | day days | week weeks | month months | year years | decade decades
doubled | tripled | quadrupled | halved
red | blue | green | yellow | orange | purple | brown | pink | black | white | grey gray
father | mother
son | daughter
brother | sister
husband | wife
uncle | aunt
north northern | south southern | east eastern | west western
weekday weekdays | weekend weekends
morning | afternoon | evening
spring | summer | autumn | winter
add adds added adding | remove removes removed removing
gain gains gained gaining | lose loses lost losing
upload uploads uploaded uploading | download downloads downloaded downloading
import imports imported importing | export exports exported exporting
encrypt encrypts encrypted encrypting | decrypt decrypts decrypted decrypting
suspend suspends suspended suspending | reinstate reinstates reinstated reinstating`) {
		place(places, set, line)
	}
	return places
})

// place enters the words of a line "a b | c" as two members of one set.
func place(places map[string]contrast, set int, line string) {
	for member, words := range strings.Split(line, "|") {
		for w := range strings.FieldsSeq(words) {
			places[w] = contrast{set + 1, member}
		}
	}
}

// contrary reports whether two words exclude each other: they are of one set.
func contrary(a, b string) bool {
	for _, places := range []map[string]contrast{contrasts(), exclusive()} {
		if x, y := places[a], places[b]; x.set != 0 && x.set == y.set && x.member != y.member {
			return true
		}
	}
	return false
}

// sameSide reports whether two words stand in one place of a set.
func sameSide(a, b string) bool { return contrasts()[a] == contrasts()[b] }

// abbreviations do not end a sentence with their full stop.
var abbreviations = wordSet(`dr mr mrs ms prof st no nr vs etc inc ltd co corp jr sr approx dept est fig al eg ie cf vol pp
jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun`)
