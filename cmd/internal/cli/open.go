package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/eval/store"
)

const storeName = "holdtrue.db"

// suitePath is the suite's file: --config, or holdtrue.yaml in this folder.
func (a *app) suitePath() (string, error) {
	if a.configFlag != "" {
		return a.configFlag, nil
	}
	return datasets.FindSuite(".")
}

// suite reads the suite's file, to ask its agents.
func (a *app) suite() (*eval.Suite, error) { return a.suiteWith(a.suiteEnv) }

// suiteToLook reads the suite's file for a command that asks no agent: it needs
// none of the secrets that agents take from the environment.
func (a *app) suiteToLook() (*eval.Suite, error) { return a.suiteWith(nil) }

func (a *app) suiteWith(getenv func(string) (string, bool)) (*eval.Suite, error) {
	path, err := a.suitePath()
	if err != nil {
		return nil, err
	}
	return datasets.ReadSuite(path, getenv)
}

// suiteIfAny reads the suite's file where there is one. Commands that only look
// at the store do without.
func (a *app) suiteIfAny() (*eval.Suite, error) {
	s, err := a.suiteToLook()
	if a.configFlag == "" && errors.Is(err, datasets.ErrNoSuite) {
		return nil, nil
	}
	return s, err
}

// suiteEnv is the environment as suites see it: $HOLDTRUE stands for the
// running program.
func (a *app) suiteEnv(name string) (string, bool) {
	if name == "HOLDTRUE" {
		if exe, err := os.Executable(); err == nil {
			return exe, true
		}
	}
	return a.getenv(name)
}

// storePath is --store, $HOLDTRUE_STORE, or holdtrue.db beside the suite.
func (a *app) storePath(suite *eval.Suite) string {
	if a.storeFlag != "" {
		return a.storeFlag
	}
	if v, ok := a.getenv("HOLDTRUE_STORE"); ok && v != "" {
		return v
	}
	if suite != nil {
		return filepath.Join(suite.Dir, storeName)
	}
	return storeName
}

// openStore opens the run database for writing, making it if need be.
func (a *app) openStore(ctx context.Context, suite *eval.Suite) (*store.DB, error) {
	return store.Open(ctx, a.storePath(suite), store.Options{Now: a.now})
}

// readStore opens a run database that must exist.
func (a *app) readStore(ctx context.Context) (*store.DB, *eval.Suite, error) {
	suite, err := a.suiteIfAny()
	if err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, a.storePath(suite), store.Options{MustExist: true, Now: a.now})
	return db, suite, err
}

// closing joins the error of closing onto err.
func closing(err *error, c interface{ Close() error }) {
	*err = errors.Join(*err, c.Close())
}
