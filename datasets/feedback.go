package datasets

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// FeedbackRecord is one line of a feedback file: what was said, and what it was
// said of, by one or more of four names.
type FeedbackRecord struct {
	CaseID   string
	Repeat   *int // nil: of every repeat there is only one, or none is meant
	Response string
	Trace    string
	Said     eval.Said
	Pos      eval.Pos
}

// Of is the name of the output that the record is on, for messages.
func (f *FeedbackRecord) Of() string {
	switch {
	case f.Response != "":
		return fmt.Sprintf("response %q", f.Response)
	case f.Trace != "":
		return fmt.Sprintf("trace %q", f.Trace)
	case f.Repeat != nil:
		return fmt.Sprintf("case %q, repeat %d", f.CaseID, *f.Repeat)
	}
	return fmt.Sprintf("case %q", f.CaseID)
}

// FeedbackOptions say how feedback becomes a number.
type FeedbackOptions struct {
	// Low and High are the ends of the scale of ratings, High the best; both zero
	// stand for 0 and 1.
	Low, High float64
	// Labels are words and their values in [0,1], beside the known ones.
	Labels map[string]float64
}

// Keys of a feedback record, and other spellings of them that are taken.
var feedbackKeys = map[string][]string{
	"id":          {"case", "case_id", "holdtrue.case.id"},
	"repeat":      nil,
	"response_id": {"response", "gen_ai.response.id"},
	"trace_id":    {"trace"},
	"rating":      {"score", "stars", "value"},
	"thumb":       {"thumbs"},
	"label":       {"verdict"},
	"comment":     {"text", "note"},
	"user":        {"author", "user_id"},
	"time":        {"at", "timestamp", "created_at"},
}

// feedbackWords are the words that are known without being declared.
func feedbackWords() map[string]float64 {
	words := map[string]float64{}
	for _, w := range []string{"up", "thumbs up", "thumbs_up", "thumbsup", "+1", "👍", "good", "yes", "true", "like", "liked", "positive", "pass", "correct", "helpful"} {
		words[w] = 1
	}
	for _, w := range []string{"down", "thumbs down", "thumbs_down", "thumbsdown", "-1", "👎", "bad", "no", "false", "dislike", "disliked", "negative", "fail", "incorrect", "unhelpful"} {
		words[w] = 0
	}
	words["neutral"] = 0.5
	return words
}

// Feedback reads a file of feedback, JSONL or CSV, also gzip. All faults are
// returned together.
func Feedback(path string, opt FeedbackOptions) ([]FeedbackRecord, error) {
	if opt.Low == 0 && opt.High == 0 {
		opt.High = 1
	}
	words := feedbackWords()
	for word, v := range opt.Labels {
		words[strings.ToLower(strings.TrimSpace(word))] = v
	}
	var list []FeedbackRecord
	var faults faultList
	for rec, err := range records(path) {
		var f FeedbackRecord
		if err == nil {
			f, err = readFeedback(rec, opt, words)
		}
		var in *eval.InputError
		if err != nil && !errors.As(err, &in) {
			return nil, err
		}
		faults.add(err)
		if err == nil {
			list = append(list, f)
		}
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, &eval.InputError{Pos: eval.Pos{File: path}, Msg: "the file holds no feedback"}
	}
	return list, nil
}

func readFeedback(rec record, opt FeedbackOptions, words map[string]float64) (f FeedbackRecord, err error) {
	wrong := func(format string, args ...any) error {
		return &eval.InputError{Pos: rec.pos, Msg: fmt.Sprintf(format, args...)}
	}
	given, err := feedbackFields(rec)
	if err != nil {
		return f, err
	}
	f = FeedbackRecord{CaseID: given["id"], Response: given["response_id"], Trace: strings.ToLower(given["trace_id"]), Pos: rec.pos}
	if f.CaseID == "" && f.Response == "" && f.Trace == "" {
		return f, wrong("the feedback names no output: it needs an \"id\", a \"response_id\" or a \"trace_id\"")
	}
	if text := given["repeat"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return f, wrong("repeat is %q; repeats count from 0", text)
		}
		f.Repeat = &n
	}
	f.Said.Comment, f.Said.Author = given["comment"], given["user"]
	if err := judge(&f.Said, given, opt, words); err != nil {
		return f, wrong("%v", err)
	}
	if f.Said.Value == nil && f.Said.Comment == "" {
		return f, wrong("nothing is said: expected a \"thumb\", a \"rating\", a \"label\" or a \"comment\"")
	}
	if text := given["time"]; text != "" {
		if f.Said.At, err = feedbackTime(text); err != nil {
			return f, wrong("time %q: expected one such as 2026-03-01T09:30:00Z, or Unix seconds or milliseconds", text)
		}
	}
	return f, nil
}

// judge reads what was said as a number. A record that says it in several ways
// must say the same.
func judge(said *eval.Said, given map[string]string, opt FeedbackOptions, words map[string]float64) error {
	for _, key := range []string{"thumb", "rating", "label"} {
		text := given[key]
		if text == "" {
			continue
		}
		v, known := words[strings.ToLower(strings.TrimSpace(text))]
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		switch number := err == nil; {
		case key == "rating" && number && !(n >= opt.Low && n <= opt.High):
			return fmt.Errorf("rating %s is outside of %g to %g; --range LOW:HIGH says what the scale is", text, opt.Low, opt.High)
		case key == "rating" && number:
			v = (n - opt.Low) / (opt.High - opt.Low)
		case number && (n == 0 || n == 1):
			v = n
		case !known:
			return fmt.Errorf("%s %q is not known; --label %q says what it is worth, from 0 to 1", key, cutTo(text, 60), cutTo(text, 20)+"=VALUE")
		}
		if said.Value != nil && *said.Value != v {
			return fmt.Errorf("%s %q contradicts %q", key, cutTo(text, 60), said.As)
		}
		if said.Value == nil {
			said.Value, said.As = &v, text
		}
	}
	return nil
}

// feedbackFields gives the fields of a record as texts, by our names.
func feedbackFields(rec record) (map[string]string, error) {
	o, ok := rec.value.(map[string]any)
	if !ok {
		return nil, &eval.InputError{Pos: rec.pos, Msg: "expected an object"}
	}
	names := map[string]string{}
	for key, others := range feedbackKeys {
		names[key] = key
		for _, other := range others {
			names[other] = key
		}
	}
	given := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		key, known := names[name]
		if !known {
			return nil, &eval.InputError{Pos: rec.pos, Msg: fmt.Sprintf("unknown key %q%s", name, wire.Suggest(name, slices.Sorted(maps.Keys(feedbackKeys))))}
		}
		var text string
		switch v := o[name].(type) {
		case nil:
		case string:
			text = v
		case bool:
			text = strconv.FormatBool(v)
		case float64:
			text = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			return nil, &eval.InputError{Pos: rec.pos, Msg: fmt.Sprintf("%s: expected a text or a number", name)}
		}
		if given[key] != "" && text != "" {
			return nil, &eval.InputError{Pos: rec.pos, Msg: fmt.Sprintf("%s stands twice, under another name", key)}
		}
		if text != "" {
			given[key] = text
		}
	}
	return given, nil
}

// feedbackTime reads a time: RFC 3339, or Unix seconds or milliseconds.
func feedbackTime(text string) (time.Time, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		if n < 1e11 { // until the year 5138 in seconds, from 1973 in milliseconds
			n *= 1000
		}
		if !(n > 0 && n < 1e14) {
			return time.Time{}, errors.New("out of range")
		}
		return time.UnixMilli(int64(n)).UTC(), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New("no time")
}
