// Package sqlcheck lets SQLite's own parser read SQL that nobody trusts. Nothing
// of it is ever executed: statements are compiled against an empty database in
// memory, or one that a schema made, and thrown away.
package sqlcheck
