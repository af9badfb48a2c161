package demo

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"holdtrue/eval"
)

//go:embed golden/*.jsonl holdtrue.yaml
var files embed.FS

// Write writes the demo's suite and golden set to a folder. A file that is
// there already is left alone if it is the same, and an error if it is not.
func Write(dir string) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		old, err := os.ReadFile(path)
		switch {
		case err == nil && bytes.Equal(old, data):
			return nil
		case err == nil:
			return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "the file exists and is not the demo's", Hint: "holdtrue demo --dir FOLDER writes elsewhere"}
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	})
}
