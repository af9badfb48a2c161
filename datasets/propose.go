package datasets

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Unchecked is the plain tag of a case that was proposed and not yet checked by
// a person.
const Unchecked = "unchecked"

// ProposeOptions say which cases are proposed of a recording.
type ProposeOptions struct {
	Limit int    // at most so many; 0 is all
	Seed  uint64 // of the sample that Limit draws
	// Steps and Documents take over what the agent did and was given as what is
	// expected.
	Steps, Documents bool
	// Mask, if set, is applied to everything that an output says.
	Mask eval.Mask
}

// Proposed counts what a recording gave.
type Proposed struct {
	Outputs int
	Cases   int // that are proposed
	Known   int // whose id or question is there already
	Merged  int // that ask what another one asks
	Failed  int // without an answer
	Silent  int // that do not say what was asked
	Left    int // that the limit left out
}

// proposal is a case that may be proposed, and where it stood.
type proposal struct {
	c       eval.Case
	rank    uint64 // at random, by the seed and the question
	number  int    // of the output
	liked   float64
	answers int
}

// Propose makes cases of the outputs of a recording. A question that was asked
// several times becomes one case; its expected answer is the one that users liked
// best, else the first. Questions and ids among the existing cases are left out.
// Each case says where it is from and carries the tag Unchecked.
//
// The sample that a limit draws depends on the seed and the questions alone, not
// on their order; cases keep the order of the recording. It holds one proposal
// for each question.
func Propose(recording string, existing []eval.Case, opt ProposeOptions) (cases []eval.Case, n Proposed, err error) {
	f, err := wire.Open(recording)
	if err != nil {
		return nil, n, err
	}
	defer f.Close()
	ids, questions := map[string]bool{}, map[[32]byte]bool{}
	for i := range existing {
		ids[existing[i].ID] = true
		questions[questionKey(&existing[i])] = true
	}
	found := map[[32]byte]*proposal{}
	var faults faultList
	for line, err := range wire.Lines(f, recording) {
		var o eval.Output
		if err == nil {
			o, err = wire.DecodeOutput(line.Data, line.Pos)
		}
		if err != nil {
			faults.add(err)
			continue
		}
		n.Outputs++
		if opt.Mask != nil {
			opt.Mask.Output(&o)
		}
		if o.Failed() || strings.TrimSpace(o.Text) == "" {
			n.Failed++
			continue
		}
		c, ok := proposedCase(&o, opt, recording, line.Pos)
		if !ok {
			n.Silent++
			continue
		}
		key := questionKey(&c)
		switch p := found[key]; {
		case ids[c.ID] || questions[key]:
			n.Known++
		case p == nil:
			found[key] = &proposal{c: c, rank: rankOf(opt.Seed, key), number: n.Outputs, liked: liking(&o), answers: 1}
		default:
			n.Merged++
			p.answers++
			if l := liking(&o); l > p.liked {
				c.ID = p.c.ID // the id is the first one's
				p.c, p.liked = c, l
			}
		}
	}
	if err := faults.err(); err != nil {
		return nil, n, err
	}
	return n.choose(found, opt.Limit), n, nil
}

// choose draws the sample and gives every case an id of its own.
func (n *Proposed) choose(found map[[32]byte]*proposal, limit int) []eval.Case {
	list := make([]*proposal, 0, len(found))
	for _, p := range found {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *proposal) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.number, b.number)) })
	if limit > 0 && len(list) > limit {
		n.Left = len(list) - limit
		list = list[:limit]
	}
	slices.SortFunc(list, func(a, b *proposal) int { return cmp.Compare(a.number, b.number) })
	n.Cases = len(list)
	cases := make([]eval.Case, len(list))
	taken := map[string]int{}
	for i, p := range list {
		cases[i] = p.c
		// One recording may hold several questions under one id.
		if taken[p.c.ID]++; taken[p.c.ID] > 1 {
			key := questionKey(&p.c)
			cases[i].ID = fmt.Sprintf("%s-%x", p.c.ID, key[:4])
		}
		if p.answers > 1 {
			cases[i].Comment += fmt.Sprintf("; one of %d answers", p.answers)
		}
	}
	return cases
}

// questionKey identifies what a case asks, blanks at its ends left out.
func questionKey(c *eval.Case) [32]byte { return sha256.Sum256([]byte(strings.TrimSpace(c.Text()))) }

func rankOf(seed uint64, key [32]byte) uint64 {
	sum := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), key[:]...))
	return binary.LittleEndian.Uint64(sum[:])
}

// liking is the best that was said of an output, from 0 to 1; 0.5 where nothing
// was.
func liking(o *eval.Output) float64 {
	if o.Feedback == nil {
		return 0.5
	}
	best, said := 0.0, false
	for _, v := range o.Feedback.Labels {
		best, said = max(best, v), true
	}
	if r := o.Feedback.Rating; r != nil && *r >= 0 && *r <= 1 {
		best, said = max(best, *r), true
	}
	if !said {
		return 0.5
	}
	return best
}

// proposedCase makes a case of an output; ok is false if it does not say what was
// asked.
func proposedCase(o *eval.Output, opt ProposeOptions, recording string, pos eval.Pos) (c eval.Case, ok bool) {
	c = eval.Case{ID: o.CaseID, Expected: []string{o.Text}, Pos: pos,
		Tags:    map[string][]string{wire.PlainTag: {Unchecked}, "source": {filepath.Base(recording)}},
		Comment: fmt.Sprintf("from %s; a person has to check what is expected", eval.Pos{File: filepath.Base(recording), Line: pos.Line})}
	c.Prompt, c.Messages = asked(o)
	if opt.Steps {
		for _, s := range o.Steps {
			c.Steps = append(c.Steps, eval.Step{Tool: s.Tool, Args: s.Args})
		}
	}
	if opt.Documents {
		c.Documents = o.Documents
	}
	return c, check(&c) == nil
}

// asked is what the user asked: the turns of the conversation up to the last of
// the user's, or the prompt. What the system and the tools say is the agent's own.
func asked(o *eval.Output) (prompt string, messages []eval.Message) {
	turns := 0
	for _, m := range o.Messages {
		switch {
		case strings.TrimSpace(m.Content) == "":
		case m.Role == "user":
			turns++
			messages = append(messages, m)
		case m.Role == "assistant" && turns > 0:
			messages = append(messages, m)
		}
	}
	for len(messages) > 0 && messages[len(messages)-1].Role != "user" {
		messages = messages[:len(messages)-1]
	}
	switch len(messages) {
	case 0:
		return o.Prompt, nil
	case 1:
		return messages[0].Content, nil
	}
	return "", messages
}

// AppendCases adds cases to the end of a JSONL file, making it if need be; the
// file is whole at any time. Nothing at all is done for no cases.
func AppendCases(path string, cases []eval.Case) (err error) {
	if len(cases) == 0 {
		return nil
	}
	if err := Appendable(path); err != nil {
		return err
	}
	var added bytes.Buffer
	if err := WriteCases(&added, cases); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Cleanup()) }()
	if err := copyLines(out, path); err != nil {
		return err
	}
	if _, err := out.Write(added.Bytes()); err != nil {
		return err
	}
	return out.CloseAtomicallyReplace()
}

// Appendable says why cases cannot be added to a file of that name.
func Appendable(path string) error {
	if f := formatOf(path); f != jsonlFormat || strings.HasSuffix(strings.ToLower(path), ".gz") {
		return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "cases are added to a .jsonl file"}
	}
	return nil
}

// copyLines copies a file that may be missing, and ends its last line.
func copyLines(to io.Writer, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := io.Copy(to, f)
	if err != nil || size == 0 {
		return err
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return err
	}
	if last[0] != '\n' {
		_, err = to.Write([]byte{'\n'})
	}
	return err
}

// WriteCases writes cases as JSONL.
func WriteCases(w io.Writer, cases []eval.Case) error {
	var line []byte
	for i := range cases {
		var err error
		if line, err = wire.AppendCase(line[:0], &cases[i]); err != nil {
			return fmt.Errorf("case %s: %w", cases[i].ID, err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}
