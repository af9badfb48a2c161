package datasets

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"holdtrue/eval"
)

//go:embed template
var template embed.FS

// Init writes a commented suite, a small golden set and two recordings of it to
// a folder and gives the files' names. If one of them is there already, nothing
// is written and every such file is named.
func Init(dir string) ([]string, error) {
	var names []string
	contents := map[string][]byte{}
	err := fs.WalkDir(template, "template", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel("template", filepath.FromSlash(name))
		if err != nil {
			return err
		}
		path := filepath.Join(dir, rel)
		names = append(names, path)
		contents[path], err = template.ReadFile(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	var faults faultList
	for _, path := range names {
		if _, err := os.Lstat(path); err == nil {
			faults.add(&eval.InputError{Pos: eval.Pos{File: path}, Msg: "the file exists; nothing was written", Hint: "holdtrue init FOLDER writes elsewhere"})
		}
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	for _, path := range names {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(contents[path]); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return names, nil
}
