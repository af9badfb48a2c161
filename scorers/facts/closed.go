package facts

import (
	"strings"
	"sync"
)

// negations are the words that turn a statement round.
var negations = map[string]bool{"not": true, "no": true, "never": true, "none": true, "nobody": true, "nothing": true,
	"neither": true, "nor": true, "without": true, "nowhere": true, "nicht": true, "kein": true, "keine": true, "keinen": true}

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

// contrasts maps the words of closed pairs of opposites to the names of the
// pairs, and the side of the pair: "+limit", "-limit".
var contrasts = sync.OnceValue(func() map[string]string {
	sides := map[string]string{}
	for _, pair := range lines(`
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
backward backwards | forward forwards`) {
		up, down, _ := strings.Cut(pair, "|")
		name := strings.Fields(up)[0]
		for _, w := range strings.Fields(up) {
			sides[w] = "+" + name
		}
		for _, w := range strings.Fields(down) {
			sides[w] = "-" + name
		}
	}
	return sides
})

// contrary reports whether two contrasts are the two sides of one pair.
func contrary(a, b string) bool {
	x, y := contrasts()[a], contrasts()[b]
	return x != "" && y != "" && x[1:] == y[1:] && x[0] != y[0]
}

// abbreviations do not end a sentence with their full stop.
var abbreviations = wordSet(`dr mr mrs ms prof st no nr vs etc inc ltd co corp jr sr approx dept est fig al eg ie cf vol pp
jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun`)
