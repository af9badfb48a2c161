package sqlcheck

import (
	"slices"
	"strings"
)

// What SQLite says a statement would do while it compiles it, and what it may be
// answered: the action and return codes of sqlite3_set_authorizer, which belong to
// its stable interface and are the same in every driver.
const (
	opDelete    = 9
	opInsert    = 18
	opPragma    = 19
	opRead      = 20
	opSelect    = 21
	opUpdate    = 23
	opAttach    = 24
	opDetach    = 25
	opFunction  = 31
	opRecursive = 33

	allow = 0
	deny  = 1
)

// making authorises the statements of the schema.
func making(op int, _ string) int {
	switch op {
	case opAttach, opDetach, opPragma:
		return deny
	}
	return allow
}

// authorize authorises the statements that are checked.
func (r Rules) authorize(op int, table string) int {
	switch op {
	case opSelect, opFunction, opRecursive:
		return allow
	case opAttach, opDetach, opPragma:
		return deny
	case opRead:
		return r.table(table)
	}
	if r.ReadOnly {
		return deny
	}
	switch op {
	case opInsert, opUpdate, opDelete:
		return r.table(table)
	}
	return allow
}

func (r Rules) table(name string) int {
	allowed := len(r.Tables) == 0 || name == "" || strings.HasPrefix(name, "sqlite_") ||
		slices.ContainsFunc(r.Tables, func(t string) bool { return strings.EqualFold(t, name) })
	if allowed {
		return allow
	}
	return deny
}
