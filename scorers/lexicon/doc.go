// Package lexicon knows which English words mean much the same and which mean
// the opposite. It is made from WordNet 3.1 by the program in the folder build;
// WORDNET-LICENSE is WordNet's own licence. It knows nothing of context: two
// words are related if any of their senses are.
package lexicon
