package agent

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"holdtrue/eval"
)

// minSecret is the length in bytes from which a value counts as a secret. What
// is shorter, such as the key "none" of a local server, would be found in
// answers that have nothing to do with it.
const minSecret = 8

// secrets are values that must not be seen in anything that is stored, printed
// or reported. Once its agent is open it is only read.
type secrets struct {
	forms    [][2]string // how a value may be written, and what stands for it
	replacer *strings.Replacer
}

// add makes a value a secret; [name] will stand for it, in whatever way it is
// usually quoted.
func (s *secrets) add(name, value string) {
	if len(value) < minSecret {
		return
	}
	quoted := strconv.Quote(value)
	ascii := strconv.QuoteToASCII(value)
	encoded, _ := json.Marshal(value) // a string can always be written
	inJSON := string(encoded[1 : len(encoded)-1])
	for _, form := range []string{
		value, url.QueryEscape(value), url.PathEscape(value), html.EscapeString(value),
		quoted[1 : len(quoted)-1], ascii[1 : len(ascii)-1], inJSON, strings.ReplaceAll(inJSON, "/", `\/`),
		base64.StdEncoding.EncodeToString([]byte(value)), base64.URLEncoding.EncodeToString([]byte(value)),
	} {
		if !slices.ContainsFunc(s.forms, func(f [2]string) bool { return f[0] == form }) {
			s.forms = append(s.forms, [2]string{form, "[" + name + "]"})
		}
	}
	slices.SortStableFunc(s.forms, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	pairs := make([]string, 0, 2*len(s.forms))
	for _, f := range s.forms {
		pairs = append(pairs, f[0], f[1])
	}
	s.replacer = strings.NewReplacer(pairs...)
}

// clean puts the name in the place of every secret.
func (s *secrets) clean(text string) string {
	if s == nil || s.replacer == nil || text == "" {
		return text
	}
	return s.replacer.Replace(text)
}

// cleanCut cleans a text that was cut off, so that its end may be the beginning
// of a secret.
func (s *secrets) cleanCut(text string) string {
	text = s.clean(text)
	if s == nil {
		return text
	}
	longest := 0
	for _, f := range s.forms {
		for n := min(len(f[0])-1, len(text)); n > max(longest, 3); n-- {
			if strings.HasSuffix(text, f[0][:n]) {
				longest = n
				break
			}
		}
	}
	return text[:len(text)-longest]
}

// cleanJSON cleans a JSON value. Where it would not stay one, it becomes a text.
func (s *secrets) cleanJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return raw
	}
	cleaned := s.clean(string(raw))
	if cleaned == string(raw) || json.Valid([]byte(cleaned)) {
		return json.RawMessage(cleaned)[:len(cleaned):len(cleaned)]
	}
	b, _ := json.Marshal(cleaned)
	return b
}

// cleanOutput cleans everything that an output says.
func (s *secrets) cleanOutput(o *eval.Output) {
	if s == nil || s.replacer == nil {
		return
	}
	for _, p := range []*string{&o.Text, &o.Prompt, &o.Model, &o.Requested, &o.Fingerprint, &o.Finish, &o.Err, &o.ResponseID, &o.TraceID, &o.SpanID, &o.Session, &o.Stderr} {
		*p = s.clean(*p)
	}
	o.Parameters = s.cleanJSON(o.Parameters)
	for i := range o.Messages {
		m := &o.Messages[i]
		m.Role, m.Content = s.clean(m.Role), s.clean(m.Content)
	}
	for i := range o.Steps {
		st := &o.Steps[i]
		st.Tool, st.Args, st.Result = s.clean(st.Tool), s.cleanJSON(st.Args), s.cleanJSON(st.Result)
	}
	for i := range o.Documents {
		d := &o.Documents[i]
		d.ID, d.Version, d.Source, d.Text = s.clean(d.ID), s.clean(d.Version), s.clean(d.Source), s.clean(d.Text)
	}
	for i := range o.Attempts {
		o.Attempts[i].Err = s.clean(o.Attempts[i].Err)
	}
	if o.Feedback != nil {
		o.Feedback.Comment = s.clean(o.Feedback.Comment)
	}
	lineage := make(map[string]string, len(o.Lineage))
	for k, v := range o.Lineage {
		lineage[s.clean(k)] = s.clean(v)
	}
	if o.Lineage != nil {
		o.Lineage = lineage
	}
}

// environment looks variables up for an agent. The values of those that are
// looked up as secrets become secrets.
type environment struct {
	get     func(string) (string, bool)
	secrets *secrets
}

func newEnvironment(opt Options) environment {
	get := opt.Getenv
	if get == nil {
		get = os.LookupEnv
	}
	return environment{get: get, secrets: &secrets{}}
}

// secret gives the value of a variable, which becomes a secret.
func (e environment) secret(name string) (string, error) {
	v, ok := e.get(name)
	if !ok {
		return "", fmt.Errorf("the environment variable %s is not set ($$ stands for a dollar sign)", name)
	}
	e.secrets.add(name, v)
	return v, nil
}

// expand replaces $NAME and ${NAME} in a text; $$ is a dollar sign. The values
// are secrets if hide is set.
func (e environment) expand(text string, hide bool) (string, error) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	var fault error
	expanded := os.Expand(text, func(name string) string {
		if name == "$" {
			return "$"
		}
		look := environment{get: e.get, secrets: &secrets{}}
		if hide {
			look.secrets = e.secrets
		}
		v, err := look.secret(name)
		if err != nil && fault == nil {
			fault = err
		}
		return v
	})
	return expanded, fault
}

// hidesSecret says whether a header of that name usually holds one.
func hidesSecret(header string) bool {
	h := strings.ToLower(header)
	return slices.ContainsFunc([]string{"authorization", "key", "token", "secret", "cookie", "password", "credential"},
		func(word string) bool { return strings.Contains(h, word) })
}
