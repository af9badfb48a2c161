// Package lineage holds what made outputs beside each other: what changed
// between two runs, which of the changes goes with what regressed, and how sure
// that is.
//
//  1. A [Side] gathers the facts of a run, output by output: model, prompt
//     template, parameters, documents, tool calls, lineage keys.
//  2. Explain turns two sides into factors: a change that some cases have, or an
//     attribute (a tag, a document) that some cases share.
//  3. Every factor is tested for association with the cases that regressed
//     (Fisher's exact test, corrected for all factors); the few that account for
//     them one after the other are the causes, changes before attributes.
//  4. What is the same for every case cannot be tested so. It is named by
//     elimination: alone, or as inseparable from what else changed everywhere.
//
// Association is no proof, and nothing here says it is.
package lineage
