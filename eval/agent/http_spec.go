package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// httpForm is what a suite says of an http agent.
type httpForm struct {
	URL      string          `json:"url"`
	Method   string          `json:"method"`
	Body     json.RawMessage `json:"body"`
	Response *responseForm   `json:"response"`
	liveForm
}

func openHTTP(_ context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	form := &httpForm{}
	if err := wire.Decode(spec.Args, form, eval.Pos{}, false); err != nil {
		return nil, wrong(spec, "http: "+err.Error(), httpExample)
	}
	env := newEnvironment(opt)
	a, host, err := readHTTP(env, form)
	if err != nil {
		return nil, wrong(spec, "http: "+err.Error(), httpExample)
	}
	a.live = newLive(spec, opt, &form.liveForm, env.secrets)
	a.host, a.perCase = host, strings.Contains(form.URL, "{{")
	a.info = httpIdentity(form)
	return a, nil
}

// readHTTP reads the form, and the host that it asks, for messages.
func readHTTP(env environment, form *httpForm) (a *httpAgent, host string, err error) {
	if err := form.check(); err != nil {
		return nil, "", err
	}
	a = &httpAgent{method: strings.ToUpper(form.Method), headers: map[string]*textTemplate{}}
	if a.method == "" {
		a.method = http.MethodPost
	}
	if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "QUERY"}, a.method) {
		return nil, "", fmt.Errorf("method: expected GET, POST, PUT or PATCH, found %s", a.method)
	}
	if host, err = a.readURL(env, form.URL); err != nil {
		return nil, "", fmt.Errorf("url: %w", err)
	}
	for name, value := range form.Headers {
		if err := checkHeader(name, value); err != nil {
			return nil, "", fmt.Errorf("headers: %w", err)
		}
		if a.headers[name], err = newTemplate(env, value, true); err != nil {
			return nil, "", fmt.Errorf("headers: %s: %w", name, err)
		}
	}
	if len(form.Body) > 0 && string(form.Body) != "null" {
		if a.method == http.MethodGet {
			return nil, "", errors.New("body: a GET has none")
		}
		if a.body, err = newBody(env, form.Body); err != nil {
			return nil, "", err
		}
	}
	if form.Response == nil {
		return a, host, nil
	}
	if form.Response.Output == "" {
		return nil, "", errors.New("response: output is missing: a jq query such as .answer")
	}
	a.mapping, err = newMapping(form.Response)
	return a, host, err
}

// readURL reads the address's template and looks at what it gives for a sample.
func (a *httpAgent) readURL(env environment, source string) (host string, err error) {
	if source == "" {
		return "", errors.New("it is missing")
	}
	if a.url, err = newTemplate(env, source, true); err != nil {
		return "", err
	}
	sample, err := a.url.text(escaped(sampleData()))
	if err != nil {
		return "", nil // it may need a longer conversation than the sample has
	}
	u, err := url.Parse(sample)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("expected an address such as https://bot.example/ask")
	}
	if u.User != nil {
		if written, err := url.Parse(source); err == nil && written.User != nil && !strings.Contains(written.User.String(), "$") {
			return "", errors.New("a user and password do not belong in the file")
		}
		hideUser(env.secrets, u.User)
	}
	return env.secrets.clean(u.Host), nil
}

// checkHeader refuses a secret in the file, and what cannot be a header.
func checkHeader(name, value string) error {
	switch {
	case name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }):
		return fmt.Errorf("%q cannot be the name of a header", name)
	case hidesSecret(name) && !strings.Contains(value, "$") && !strings.Contains(value, "{{"):
		return fmt.Errorf("%s: a secret does not belong in the file; put it into an environment variable: %s: \"$MY_KEY\"", name, name)
	}
	return nil
}

// httpIdentity is what the agent's answers are made from, as the suite writes
// it: the values of environment variables are no part of it.
func httpIdentity(form *httpForm) Info {
	address, _, _ := strings.Cut(form.URL, "?")
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		host, path, found := strings.Cut(rest, "/")
		host = host[strings.LastIndexByte(host, '@')+1:]
		if address = scheme + "://" + host; found {
			address += "/" + path
		}
	}
	request, _ := json.Marshal([]any{form.URL, form.Method, form.Headers, eval.CanonicalJSON(form.Body)}) // texts and JSON
	response, _ := json.Marshal(form.Response)
	sum := eval.ContentHash(string(request))
	all := eval.ContentHash(sum + string(response))
	return Info{Version: "sha256:" + all[:12], Lineage: map[string]string{"url": address, "request": "sha256:" + sum}}
}
