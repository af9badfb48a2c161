// Package store is the run database: one SQLite file that keeps every run, every
// output with its decision log, and every score.
//
// It stores and reads; it computes nothing. Outputs arrive in small
// transactions while a run goes on, and a run is complete only by its last
// write. Texts are kept once by content hash and compressed, so that a night
// like the one before costs little. Scores are never updated.
//
// With cgo the driver is mattn/go-sqlite3, without it modernc.org/sqlite; the
// file is the same.
package store
