package eval

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"slices"
)

// Pos is a place in an input file. Line counts from 1; 0 means the whole file.
type Pos struct {
	File string
	Line int
}

// String gives "file:line", or "file" where there is no line.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Message is one turn of a conversation. Role is one of system, user,
// assistant, tool.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Document is a piece of context that was, or has to be, retrieved. Hash is
// the hex SHA-256 of Text; readers fill it in where the file leaves it out and
// there is a text.
type Document struct {
	ID      string `json:"id"`
	Version string `json:"version,omitzero"`
	Source  string `json:"source,omitzero"`
	Hash    string `json:"hash,omitzero"`
	Text    string `json:"text,omitzero"`
}

// Step is one action of an agent: a tool call with its arguments and result,
// both any JSON value. In a case it is an action that is expected.
type Step struct {
	Tool      string          `json:"tool"`
	Args      json.RawMessage `json:"args,omitzero"`
	Result    json.RawMessage `json:"result,omitzero"`
	LatencyMS *float64        `json:"latency_ms,omitzero"`
}

// Case is one prompt, or one conversation, with what is expected of the answer.
// Exactly one of Prompt and Messages is set.
type Case struct {
	ID       string    `json:"id"`
	Prompt   string    `json:"prompt,omitzero"`
	Messages []Message `json:"messages,omitempty"`
	// Expected holds the accepted answers; the best match counts.
	Expected  []string   `json:"expected,omitempty"`
	Steps     []Step     `json:"steps,omitempty"`
	Documents []Document `json:"documents,omitempty"`
	// Tags maps a key to its values. A plain tag stands under the key "tag".
	Tags map[string][]string `json:"tags,omitempty"`
	// Checks are metrics of this case alone. One with the name of a metric of
	// the suite replaces it for this case.
	Checks []MetricSpec `json:"metrics,omitempty"`
	// Comment is for people; it is no part of the case's identity.
	Comment string `json:"comment,omitzero"`
	Pos     Pos    `json:"-"`
}

// Hash is the content identity of a case: the hex SHA-256 of everything that is
// asked and everything that is expected. Id, tags, comment and position are not
// part of it: tags only group cases, so a new tag does not make a new question.
func (c *Case) Hash() string {
	h := hasher{sha256.New()}
	h.text(c.Prompt)
	h.count(len(c.Messages))
	for _, m := range c.Messages {
		h.text(m.Role)
		h.text(m.Content)
	}
	h.count(len(c.Expected))
	for _, e := range c.Expected {
		h.text(e)
	}
	h.count(len(c.Steps))
	for _, s := range c.Steps {
		h.text(s.Tool)
		h.json(s.Args)
		h.json(s.Result)
	}
	h.count(len(c.Documents))
	for _, d := range c.Documents {
		h.text(d.ID)
		h.text(d.Version)
		h.text(d.Source)
		h.text(d.Text)
	}
	h.count(len(c.Checks))
	for _, m := range c.Checks {
		h.text(m.Scorer)
		h.text(m.Label())
		h.json(m.Args)
	}
	return h.sum()
}

// Text is the prompt as one string: the prompt itself, or the turns of the
// conversation, each behind its role.
func (c *Case) Text() string {
	if len(c.Messages) == 0 {
		return c.Prompt
	}
	var b []byte
	for i, m := range c.Messages {
		if i > 0 {
			b = append(b, '\n')
		}
		b = append(b, m.Role...)
		b = append(b, ": "...)
		b = append(b, m.Content...)
	}
	return string(b)
}

// SliceNames lists the slices a case belongs to for the given tag keys, as
// "key=value", sorted and without repetition.
func (c *Case) SliceNames(keys []string) []string { return SliceNames(c.Tags, keys) }

// SliceNames lists "key=value" for every value that tags hold under the keys,
// sorted and without repetition.
func SliceNames(tags map[string][]string, keys []string) []string {
	var names []string
	for _, k := range keys {
		for _, v := range tags[k] {
			names = append(names, k+"="+v)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TagKeys lists the keys of tags, sorted.
func TagKeys(tags map[string][]string) []string {
	return slices.Sorted(maps.Keys(tags))
}

// SuiteHash folds case identities into the identity of a suite. It does not
// depend on the order of the cases. The zero value is the empty suite.
type SuiteHash struct {
	sum [4]uint64
	n   int
}

// Add takes in one case by its id and content hash.
func (s *SuiteHash) Add(id, caseHash string) {
	h := hasher{sha256.New()}
	h.text(id)
	h.text(caseHash)
	digest := h.Sum(nil)
	for i := range s.sum {
		s.sum[i] += binary.LittleEndian.Uint64(digest[8*i:])
	}
	s.n++
}

// Cases is the number of cases taken in.
func (s *SuiteHash) Cases() int { return s.n }

// String is the identity in 64 hex digits.
func (s *SuiteHash) String() string {
	h := hasher{sha256.New()}
	h.count(s.n)
	for _, v := range s.sum {
		h.count(int(v))
	}
	return h.sum()
}

// ContentHash is the hex SHA-256 of a text.
func ContentHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// hasher writes length-prefixed fields, so that no two different records can
// give the same bytes.
type hasher struct{ hash.Hash }

func (h hasher) text(s string) {
	h.count(len(s))
	h.Write([]byte(s))
}

func (h hasher) count(n int) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

// json writes a JSON value so that white space and the order of keys make no
// difference. Numbers keep their digits: 1 and 1.0 are different texts.
func (h hasher) json(raw json.RawMessage) { h.text(string(CanonicalJSON(raw))) }

func (h hasher) sum() string { return hex.EncodeToString(h.Sum(nil)) }
