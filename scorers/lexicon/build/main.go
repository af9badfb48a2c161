// Build makes the lexicon of its parent package out of the database files of
// WordNet (data.*, index.sense), which can be had from wordnet.princeton.edu:
//
//	go run ./scorers/lexicon/build -dict DIR -o scorers/lexicon/english.zst
//
// Kept are the single words, which synsets they belong to, their direct antonyms
// and the pointers that mean "much the same thing"; glosses, examples, phrases
// and everything else is left out.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

func main() {
	dict := flag.String("dict", "", "folder of WordNet's database files")
	out := flag.String("o", "english.zst", "file to write")
	flag.Parse()
	if err := run(*dict, *out); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(dict, out string) error {
	b := builder{synsets: map[string]*synset{}, words: map[string]*word{}}
	for i, name := range []string{"noun", "verb", "adj", "adv"} {
		if err := b.file(filepath.Join(dict, "data."+name), "nvar"[i:i+1], b.data); err != nil {
			return err
		}
	}
	if err := b.file(filepath.Join(dict, "index.sense"), "", b.count); err != nil {
		return err
	}
	b.antonyms()
	var plain bytes.Buffer
	b.write(&plain)
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	return os.WriteFile(out, enc.EncodeAll(plain.Bytes(), nil), 0o644)
}

type synset struct {
	pos      string
	words    []string
	pointers []pointer
	id       uint64 // from 1; 0 is left out
}

type pointer struct {
	symbol, to, words string
}

type word struct {
	synsets  []string
	antonyms map[string]bool
	uses     [4]float64 // by part of speech
	small    bool       // it is written with a small letter somewhere
}

type builder struct {
	synsets map[string]*synset // by part of speech and offset
	words   map[string]*word
}

func (b *builder) file(name, pos string, line func(pos, text string) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		if strings.HasPrefix(s.Text(), "  ") {
			continue // the licence
		}
		if err := line(pos, s.Text()); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return s.Err()
}

// data reads a line of a data file, as wndb(5WN) describes it.
func (b *builder) data(pos, text string) error {
	head, _, _ := strings.Cut(text, "|")
	f := strings.Fields(head)
	n, err := strconv.ParseUint(f[3], 16, 16)
	if err != nil {
		return err
	}
	s := &synset{pos: pos}
	b.synsets[pos+f[0]] = s
	for i := range n {
		written, _, _ := strings.Cut(f[4+2*i], "(")
		w := strings.ToLower(written)
		s.words = append(s.words, w)
		if plain(w) && written == w {
			b.word(w).small = true
		}
	}
	f = f[4+2*n:]
	count, err := strconv.Atoi(f[0])
	if err != nil {
		return err
	}
	for i := range count {
		p := f[1+4*i : 5+4*i]
		to := strings.Replace(p[2], "s", "a", 1) + p[1]
		s.pointers = append(s.pointers, pointer{p[0], to, p[3]})
	}
	for _, w := range s.words {
		if plain(w) {
			b.word(w).synsets = append(b.word(w).synsets, pos+f0(text))
		}
	}
	return nil
}

func f0(text string) string { offset, _, _ := strings.Cut(text, " "); return offset }

// plain reports whether w is a single word.
func plain(w string) bool {
	return w != "" && strings.Trim(w, "abcdefghijklmnopqrstuvwxyz'-") == "" && w[0] >= 'a'
}

func (b *builder) word(w string) *word {
	if b.words[w] == nil {
		b.words[w] = &word{antonyms: map[string]bool{}}
	}
	return b.words[w]
}

// count reads how often a sense was met in WordNet's tagged texts.
func (b *builder) count(_, text string) error {
	f := strings.Fields(text)
	lemma, key, _ := strings.Cut(f[0], "%")
	if w := b.words[lemma]; w != nil {
		n, err := strconv.Atoi(f[3])
		if err != nil {
			return err
		}
		// Types 1 to 5: noun, verb, adjective, adverb, adjective satellite.
		w.uses[[]int{0, 1, 2, 3, 2}[key[0]-'1']] += float64(n) + 0.1
	}
	return nil
}

// antonyms hold between words, not between synsets.
func (b *builder) antonyms() {
	for _, s := range b.synsets {
		for _, p := range s.pointers {
			to := b.synsets[p.to]
			if p.symbol != "!" || to == nil {
				continue
			}
			from, err1 := strconv.ParseUint(p.words[:2], 16, 8)
			at, err2 := strconv.ParseUint(p.words[2:], 16, 8)
			if err1 != nil || err2 != nil || from == 0 || at == 0 {
				continue
			}
			x, y := s.words[from-1], to.words[at-1]
			if b.words[x] != nil && b.words[y] != nil {
				b.words[x].antonyms[y] = true
			}
		}
	}
}

// The pointers that are kept: up to the more general, and across to what is
// derived from it, similar, of the same verb group, or pertains to it.
func up(symbol string) bool     { return symbol == "@" || symbol == "@i" }
func across(symbol string) bool { return len(symbol) == 1 && strings.Contains(`+&$^\=<`, symbol) }

func (b *builder) write(w io.Writer) {
	var keys []string
	for _, k := range slices.Sorted(maps.Keys(b.synsets)) {
		if slices.ContainsFunc(b.synsets[k].words, plain) {
			keys = append(keys, k)
			b.synsets[k].id = uint64(len(keys))
		}
	}
	words := slices.Sorted(maps.Keys(b.words))
	index := map[string]uint64{}
	for i, x := range words {
		index[x] = uint64(i)
	}
	p := printer{w}
	p.number(uint64(len(words)))
	p.number(uint64(len(keys)))
	for i, x := range words {
		shared := 0
		for i > 0 && shared < len(x) && shared < len(words[i-1]) && x[shared] == words[i-1][shared] {
			shared++
		}
		p.number(uint64(shared))
		p.number(uint64(len(x) - shared))
		io.WriteString(w, x[shared:])
	}
	for _, x := range words {
		n := mostUsed(b.words[x].uses)
		if !b.words[x].small {
			n += 4 // a proper name
		}
		p.number(uint64(n))
	}
	for _, x := range words {
		p.list(b.ids(b.words[x].synsets))
	}
	for _, x := range words {
		var ids []uint64
		for a := range b.words[x].antonyms {
			ids = append(ids, index[a])
		}
		p.list(ids)
	}
	for _, kept := range []func(string) bool{up, across} {
		for _, k := range keys {
			var to []string
			for _, ptr := range b.synsets[k].pointers {
				if kept(ptr.symbol) {
					to = append(to, ptr.to)
				}
			}
			p.list(b.ids(to))
		}
	}
}

func mostUsed(uses [4]float64) (pos int) {
	for i, u := range uses {
		if u > uses[pos] {
			pos = i
		}
	}
	return pos
}

// ids are the numbers, from 0, of those synsets that are kept.
func (b *builder) ids(keys []string) (ids []uint64) {
	for _, k := range keys {
		if s := b.synsets[k]; s != nil && s.id > 0 {
			ids = append(ids, s.id-1)
		}
	}
	return ids
}

type printer struct{ w io.Writer }

func (p printer) number(n uint64) { p.w.Write(binary.AppendUvarint(nil, n)) }

// list writes a set of numbers as its size and the distances of its members.
func (p printer) list(ids []uint64) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	p.number(uint64(len(ids)))
	last := uint64(0)
	for _, id := range ids {
		p.number(id - last)
		last = id
	}
}
