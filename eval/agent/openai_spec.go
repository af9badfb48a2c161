package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// openaiForm is what a suite says of an openai agent, but for the parameters of
// the call.
type openaiForm struct {
	BaseURL    string                    `json:"base_url"`
	Model      string                    `json:"model"`
	System     string                    `json:"system"`
	SystemFile string                    `json:"system_file"`
	APIKeyEnv  *string                   `json:"api_key_env"`
	Stream     *bool                     `json:"stream"`
	Parameters map[string]jsontext.Value `json:"parameters"`
	liveForm
}

// openaiParameters are the parameters of a call that may stand beside the other
// keys. Any other goes under "parameters".
func openaiParameters() []string {
	return []string{
		"frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "min_p",
		"parallel_tool_calls", "presence_penalty", "reasoning_effort", "repetition_penalty", "response_format",
		"seed", "service_tier", "stop", "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p",
		"user", "verbosity",
	}
}

const (
	openaiURL     = "https://api.openai.com/v1"
	openaiKeyEnv  = "OPENAI_API_KEY"
	maxSystemFile = 4 << 20
)

func openOpenAI(_ context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	env := newEnvironment(opt)
	form, err := readOpenAI(spec)
	if err != nil {
		return nil, err
	}
	a := &openai{params: form.Parameters, streams: form.Stream == nil || *form.Stream}
	fail := func(err error, hint string) (Agent, error) { return nil, wrong(spec, "openai: "+err.Error(), hint) }
	if a.model, err = env.expand(form.Model, false); err != nil {
		return fail(err, "")
	}
	base, err := readBase(env, first(form.BaseURL, openaiURL))
	if err != nil {
		return fail(err, openaiExample)
	}
	a.url = base.JoinPath("chat/completions").String()
	if a.header, err = readHeaders(env, form.Headers); err != nil {
		return fail(err, "")
	}
	if err := addKey(env, a.header, form, base); err != nil {
		return fail(err, "set it, or name the variable that holds the key in api_key_env")
	}
	if a.system, err = readSystem(form, opt.Dir); err != nil {
		return fail(err, "")
	}
	if err := a.readParameters(form); err != nil {
		return fail(err, "")
	}
	a.live = newLive(spec, opt, &form.liveForm, env.secrets)
	a.host = base.Host
	a.info = a.identity(base, env.secrets)
	return a, nil
}

// readOpenAI reads the form, with the parameters beside it gathered in it.
func readOpenAI(spec eval.AgentSpec) (*openaiForm, error) {
	var all map[string]jsontext.Value
	if err := wire.Decode(spec.Args, &all, eval.Pos{}, false); err != nil {
		return nil, wrong(spec, "openai: "+err.Error(), openaiExample)
	}
	known := wire.Keys(reflect.TypeFor[openaiForm]())
	beside := map[string]jsontext.Value{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch {
		case slices.Contains(openaiParameters(), key):
			beside[key] = all[key]
			delete(all, key)
		case slices.Contains(known, key):
		case hidesSecret(key):
			return nil, wrong(spec, fmt.Sprintf("openai: %s: a key does not belong in the file", key),
				"put it into an environment variable and name that: api_key_env: MY_KEY")
		default:
			return nil, wrong(spec, fmt.Sprintf("openai: unknown key %q%s", key, wire.Suggest(key, append(known, openaiParameters()...))),
				"parameters of the call that are not known here go under parameters: {...}")
		}
	}
	rest, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	form := &openaiForm{}
	if err := wire.Decode(rest, form, eval.Pos{}, false); err != nil {
		return nil, wrong(spec, "openai: "+err.Error(), openaiExample)
	}
	if form.Parameters == nil {
		form.Parameters = map[string]jsontext.Value{}
	}
	for key, v := range beside {
		if form.Parameters[key] != nil {
			return nil, wrong(spec, fmt.Sprintf("openai: %s stands twice, once under parameters", key), "")
		}
		form.Parameters[key] = v
	}
	if form.Model == "" {
		return nil, wrong(spec, "openai: model is missing", openaiExample)
	}
	if err := form.check(); err != nil {
		return nil, wrong(spec, "openai: "+err.Error(), "")
	}
	return form, nil
}

// readParameters takes the seed out of the parameters and refuses what the agent
// itself has to say.
func (a *openai) readParameters(form *openaiForm) error {
	for _, key := range []string{"model", "messages", "stream"} {
		if a.params[key] != nil {
			return fmt.Errorf("parameters: %s cannot be set there", key)
		}
	}
	if n := string(a.params["n"]); n != "" && n != "1" {
		return errors.New("parameters: n: one answer is asked for at a time; --repeat asks for more")
	}
	if raw := a.params["seed"]; raw != nil {
		a.seed = new(int64)
		if err := json.Unmarshal(raw, a.seed); err != nil {
			return fmt.Errorf("seed: expected a whole number, found %s", raw)
		}
		delete(a.params, "seed")
	}
	logged, err := json.Marshal(a.params, json.Deterministic(true))
	if len(a.params) > 0 {
		a.logged = eval.CanonicalJSON(logged)
	}
	return err
}

// identity is what the agent's answers are made from.
func (a *openai) identity(base *url.URL, secrets *secrets) Info {
	l := map[string]string{"base_url": secrets.clean(shownURL(base)), "requested_model": secrets.clean(a.model)}
	digest := func(key, text string) {
		if text != "" {
			l[key] = "sha256:" + eval.ContentHash(text)
		}
	}
	params := string(a.logged)
	if a.seed != nil {
		params += fmt.Sprintf(" seed %d", *a.seed)
	}
	digest("parameters", params)
	digest("system_prompt", a.system)
	made := eval.ContentHash(l["requested_model"] + "\x00" + l["parameters"] + "\x00" + l["system_prompt"])
	return Info{Version: l["requested_model"] + "+" + made[:8], Lineage: l}
}

// readBase reads the address of a server.
func readBase(env environment, text string) (*url.URL, error) {
	expanded, err := env.expand(text, false)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(expanded)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, errors.New("base_url: expected an address such as http://127.0.0.1:8080/v1")
	}
	if base.User != nil {
		if expanded == text {
			return nil, errors.New("base_url: a user and password do not belong in the file")
		}
		hideUser(env.secrets, base.User)
	}
	if base.RawQuery != "" && expanded != text {
		for name, values := range base.Query() {
			for _, v := range values {
				env.secrets.add(name, v)
			}
		}
	}
	return base, nil
}

// hideUser makes secrets of a user's password, alone and as it is sent.
func hideUser(s *secrets, user *url.Userinfo) {
	if password, ok := user.Password(); ok {
		s.add("password", password)
		s.add("password", user.Username()+":"+password)
	}
}

// readHeaders reads headers of a suite. Values from the environment are secrets,
// and a header that usually holds one has to have it from there.
func readHeaders(env environment, form headersInFile) (http.Header, error) {
	h := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"holdtrue"}}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		value := form[name]
		if err := checkHeader(name, value); err != nil {
			return nil, fmt.Errorf("headers: %w", err)
		}
		expanded, err := env.expand(value, true)
		if err != nil {
			return nil, fmt.Errorf("headers: %s: %w", name, err)
		}
		h.Set(name, oneLineHeader(expanded))
	}
	return h, nil
}

// addKey adds the key that the suite names or, if it names none, the usual one
// where there is one. That is not sent in the clear to another machine, nor where
// the suite has a header of its own for the key.
func addKey(env environment, h http.Header, form *openaiForm, base *url.URL) error {
	name := openaiKeyEnv
	if form.APIKeyEnv != nil {
		name = *form.APIKeyEnv
	}
	own := slices.ContainsFunc(slices.Collect(maps.Keys(form.Headers)), hidesSecret)
	if name == "" || form.APIKeyEnv == nil && (own || base.Scheme == "http" && !isLocal(base.Hostname())) {
		return nil
	}
	if strings.ContainsAny(name, " $=-") {
		return errors.New("api_key_env: this is not the name of an environment variable; the key itself does not belong in the file")
	}
	key, err := env.secret(name)
	switch key = strings.TrimSpace(key); {
	case err != nil && form.APIKeyEnv == nil && form.BaseURL != "":
		return nil
	case err != nil:
		return fmt.Errorf("the environment variable %s is not set", name)
	case key == "":
		return nil
	case strings.ContainsAny(key, "\r\n\x00"):
		return fmt.Errorf("the environment variable %s holds more than one line", name)
	}
	h.Set("Authorization", "Bearer "+key)
	return nil
}

// isLocal tells whether a host is this machine.
func isLocal(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// readSystem gives the system prompt.
func readSystem(form *openaiForm, dir string) (string, error) {
	switch {
	case form.SystemFile == "":
		return form.System, nil
	case form.System != "":
		return "", errors.New("it has both system and system_file")
	}
	path := form.SystemFile
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("system_file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSystemFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("system_file: %w", err)
	case len(text) > maxSystemFile:
		return "", fmt.Errorf("system_file: %s has more than %d bytes", form.SystemFile, maxSystemFile)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD"), nil
}
