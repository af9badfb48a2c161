package facts

import (
	"strings"
	"unicode/utf8"
)

// acronym reports whether a name is written in capitals.
func (t *Text) acronym(u Unit) bool {
	written := t.Source[u.Start:u.End]
	return u.Kind == Name && len(u.Key) > 1 && written == strings.ToUpper(written)
}

// longNames yields the names of two to six words with their initials; "of" and
// its like may stand between. Their words are the units [from, to).
func longNames(t *Text, yield func(from, to int, initials string)) {
	const most = 6
	for from, u := range t.Units {
		if u.Kind != Name {
			continue
		}
		initials, n := "", 0
		for i := from; i < len(t.Units) && n < most && t.Units[i].Sentence == u.Sentence; i++ {
			v := t.Units[i]
			if i > from && v.Start > t.Units[i-1].End+1 {
				break
			}
			if v.Kind == Function && i > from && t.Units[i-1].Kind == Name {
				continue
			}
			if v.Kind != Name {
				break
			}
			_, size := utf8.DecodeRuneInString(v.Key)
			initials += v.Key[:size]
			if n++; n > 1 {
				yield(from, i+1, initials)
			}
		}
	}
}
