package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed says which of our packages each package may import. A package that is
// not listed fails the test, so that nothing is added without a decision.
var allowed = map[string][]string{
	"eval":                  {},
	"eval/stats":            {},
	"scorers/text":          {},
	"scorers/lexicon":       {},
	"scorers/sqlcheck":      {},
	"scorers/sensitive":     {},
	"scorers/lexicon/build": {},
	"scorers/facts":         {"scorers/lexicon", "scorers/text"},
	"eval/wire":             {"eval"},
	"eval/process":          {"eval/wire"},
	"eval/agent":            {"eval", "eval/process", "eval/wire"},
	"eval/agent/agenttest":  {},
	"eval/store":            {"eval", "eval/wire"},
	"eval/replay":           {"eval", "eval/process", "eval/wire", "eval/agent", "eval/store"},
	"eval/lineage":          {"eval", "eval/stats"},
	"eval/drift":            {"eval", "eval/lineage", "eval/stats"},
	"eval/drift/errortable": {"eval", "eval/drift", "eval/stats"},
	"scorers":               {"eval", "eval/process", "eval/wire", "scorers/facts", "scorers/lexicon", "scorers/sensitive", "scorers/sqlcheck", "scorers/text"},
	"scorers/scorertest":    {"eval", "scorers"},
	"datasets":              {"eval", "eval/wire"},
	"datasets/demo":         {"eval", "eval/wire", "datasets", "scorers/text"},
	"eval/promise":          {"eval", "eval/stats"},
	"reports":               {"eval", "eval/drift", "eval/lineage", "eval/promise"},
	"cmd/internal/cli":      {"*"},
	"cmd/holdtrue":          {"cmd/internal/cli"},
}

// fewPlaces says which packages may import a third-party module: it enters in
// as few places as can be, so that it can be replaced in one.
var fewPlaces = map[string][]string{
	"github.com/spf13/cobra":                   {"cmd/internal/cli"},
	"github.com/spf13/pflag":                   {"cmd/internal/cli"},
	"github.com/mattn/go-sqlite3":              {"eval/store", "scorers/sqlcheck"},
	"modernc.org/sqlite":                       {"eval/store", "scorers/sqlcheck"},
	"github.com/pressly/goose/v3":              {"eval/store"},
	"go.yaml.in/yaml/v4":                       {"datasets", "scorers"},
	"github.com/olekukonko/tablewriter":        {"reports"},
	"github.com/sergi/go-diff":                 {"reports"},
	"github.com/guptarohit/asciigraph":         {"reports"},
	"gonum.org/v1/gonum":                       {"eval/stats"},
	"golang.org/x/time":                        {"eval/agent"},
	"github.com/itchyny/gojq":                  {"eval/agent", "scorers"},
	"github.com/vbauerster/mpb/v8":             {"cmd/internal/cli"},
	"github.com/dustin/go-humanize":            {"datasets", "reports", "cmd/internal/cli"},
	"github.com/santhosh-tekuri/jsonschema/v6": {"scorers"},
	"go.opentelemetry.io/proto/otlp":           {"datasets"},
	"google.golang.org/protobuf":               {"datasets"},
}

func TestImportsKeepToTheTable(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Doc", "holdtrue/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Doc string
			Imports         []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		checkPackage(t, strings.TrimPrefix(p.ImportPath, "holdtrue/"), p.Doc, p.Imports)
	}
	if seen < len(allowed) {
		t.Errorf("saw %d packages, the table has %d", seen, len(allowed))
	}
}

func checkPackage(t *testing.T, name, doc string, imports []string) {
	t.Helper()
	may, known := allowed[name]
	if !known {
		t.Errorf("package %s is not in the table of allowed imports", name)
	}
	if doc == "" {
		t.Errorf("package %s has no package comment", name)
	}
	for _, path := range imports {
		if own, ok := strings.CutPrefix(path, "holdtrue/"); ok {
			if !slices.Contains(may, own) && !slices.Contains(may, "*") {
				t.Errorf("%s may not import %s", name, own)
			}
			continue
		}
		if name == "eval" && strings.Contains(path, ".") {
			t.Errorf("eval may import the standard library only, not %s", path)
		}
		for module, places := range fewPlaces {
			if (path == module || strings.HasPrefix(path, module+"/")) && !slices.Contains(places, name) {
				t.Errorf("%s may not import %s: it belongs in %v", name, module, places)
			}
		}
	}
}
