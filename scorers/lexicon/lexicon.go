package lexicon

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:embed english.zst
var english []byte

// English is the built-in lexicon. It is unpacked, in about 30 ms, when it is
// first asked for.
var English = sync.OnceValues(func() (*Lexicon, error) { return read(english) })

// Lexicon is a set of words in lower case and how they are related. It is safe
// for use by several goroutines.
type Lexicon struct {
	words    []string // sorted
	pos      []byte   // by word: its most frequent part of speech
	senses   lists    // by word: its synsets
	antonyms lists    // by word: words that mean the opposite
	general  lists    // by synset: the more general ones
	across   lists    // by synset: those derived from it or similar to it
	members  lists    // by synset: its words
}

// lists is one sorted list of numbers for each of a row of things.
type lists struct {
	start []uint32
	items []uint32
}

func (l lists) of(i uint32) []uint32 { return l.items[l.start[i]:l.start[i+1]] }

// Parts of speech, in the order of the file.
const (
	noun = iota
	verb
	adjective
	adverb
	proper // is added for a proper name
)

func read(packed []byte) (*Lexicon, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	plain, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	r := reader{rest: plain}
	words, synsets := r.number(), r.number()
	l := &Lexicon{words: r.words(words)}
	l.pos = make([]byte, words)
	for i := range l.pos {
		l.pos[i] = byte(r.number())
	}
	l.senses, l.antonyms = r.lists(words), r.lists(words)
	l.general, l.across = r.lists(synsets), r.lists(synsets)
	if r.err != nil {
		return nil, r.err
	}
	l.members = inverse(l.senses, synsets)
	return l, nil
}

type reader struct {
	rest []byte
	err  error
}

func (r *reader) number() int {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<30 {
		r.err, r.rest = errors.New("lexicon: damaged"), nil
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}

// words reads a sorted list, each word by how much it shares with the one before.
func (r *reader) words(n int) []string {
	words := make([]string, n)
	last := ""
	for i := range words {
		shared, own := r.number(), r.number()
		if shared > len(last) || own > len(r.rest) {
			r.err = errors.New("lexicon: damaged")
			return words
		}
		last = last[:shared] + string(r.rest[:own])
		words[i], r.rest = last, r.rest[own:]
	}
	return words
}

func (r *reader) lists(n int) lists {
	l := lists{start: make([]uint32, n+1), items: make([]uint32, 0, 2*n)}
	for i := range n {
		id := uint32(0)
		for range r.number() {
			id += uint32(r.number())
			l.items = append(l.items, id)
		}
		l.start[i+1] = uint32(len(l.items))
	}
	return l
}

// inverse turns lists of b by a into lists of a by b.
func inverse(l lists, n int) lists {
	inv := lists{start: make([]uint32, n+1), items: make([]uint32, len(l.items))}
	for _, b := range l.items {
		inv.start[b+1]++
	}
	for i := range n {
		inv.start[i+1] += inv.start[i]
	}
	next := slices.Clone(inv.start)
	for a := range len(l.start) - 1 {
		for _, b := range l.of(uint32(a)) {
			inv.items[next[b]] = uint32(a)
			next[b]++
		}
	}
	return inv
}

func (l *Lexicon) find(word string) (uint32, bool) {
	i, ok := slices.BinarySearch(l.words, word)
	return uint32(i), ok
}

// bases gives the words of the lexicon of which word may be a form, itself first.
func (l *Lexicon) bases(word string) []uint32 {
	var found []uint32
	add := func(w string) {
		if i, ok := l.find(w); ok && !slices.Contains(found, i) {
			found = append(found, i)
		}
	}
	add(word)
	if b, ok := irregular()[word]; ok {
		add(b)
	}
	for _, e := range endings {
		rest, ok := strings.CutSuffix(word, e.ending)
		if !ok || len(rest) < 2 {
			continue
		}
		add(rest + e.base)
		if n := len(rest); e.doubles && n > 2 && rest[n-1] == rest[n-2] {
			add(rest[:n-1])
		}
	}
	return found
}
