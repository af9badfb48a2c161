package agent

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"holdtrue/eval"
)

func TestSecretsAreFoundHoweverTheyAreQuoted(t *testing.T) {
	const key = `p"ss/w<rd&+é 1`
	s := &secrets{}
	s.add("KEY", key)
	s.add("SHORT", "none")
	inJSON, _ := json.Marshal(key)
	for _, form := range []string{key, url.QueryEscape(key), url.PathEscape(key), html.EscapeString(key), strconv.Quote(key),
		strconv.QuoteToASCII(key), string(inJSON), base64.StdEncoding.EncodeToString([]byte(key))} {
		got := s.clean("none of >" + form + "< is shown")
		if !strings.Contains(got, "[KEY]") || strings.Contains(got, "ss/w") || !strings.HasPrefix(got, "none of ") {
			t.Errorf("%s gives %s", form, got)
		}
	}
	for cut := 4; cut < len(key); cut++ {
		if got := s.cleanCut("echo: " + key[:cut]); got != "echo: " {
			t.Errorf("cut at %d: %q", cut, got)
		}
	}
	if got := s.cleanCut("a text that ends"); got != "a text that ends" {
		t.Errorf("%q", got)
	}
}

// Every text of an output is cleaned: this fills all there are, by reflection,
// so that a field that is added later is not forgotten.
func TestCleanOutputLeavesNoFieldOut(t *testing.T) {
	const key = "sk-0123456789"
	var o eval.Output
	fillTexts(reflect.ValueOf(&o).Elem(), key)
	before, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(before), key); n < 25 {
		t.Fatalf("only %d texts in %s", n, before)
	}
	s := &secrets{}
	s.add("KEY", key)
	o.CaseID = "the case's own" // is ours, and so are its labels and hashes
	s.cleanOutput(&o)
	o.Feedback.Labels = nil
	for i := range o.Documents {
		o.Documents[i].Hash = ""
	}
	if after, _ := json.Marshal(o); strings.Contains(string(after), key) {
		t.Errorf("left: %s", after)
	}
}

func fillTexts(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillTexts(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillTexts(v.Field(i), text)
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"a":"` + text + `"}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillTexts(v.Index(0), text)
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fillTexts(value, text)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(text), value)
	}
}

func TestExpand(t *testing.T) {
	env := environment{get: testEnv, secrets: &secrets{}}
	got, err := env.expand("Bearer ${BOT_TOKEN}, $$5", true)
	if err != nil || got != "Bearer "+testKey+", $5" || env.secrets.clean(got) != "Bearer [BOT_TOKEN], $5" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := env.expand("$NOWHERE", true); err == nil || !strings.Contains(err.Error(), "NOWHERE is not set") {
		t.Errorf("error %v", err)
	}
}
