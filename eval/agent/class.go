package agent

import "strings"

// Class groups failed calls by what went wrong.
type Class string

const (
	Timeout     Class = "time-out"     // no answer in time
	RateLimit   Class = "rate limit"   // the server wants fewer calls, or to be paid
	Refused     Class = "refused"      // the server does not take the call: its key, its model, what it asks
	Connection  Class = "connection"   // the server cannot be reached, or the connection broke
	ServerError Class = "server error" // the server says that something is wrong with itself
	Crash       Class = "crash"        // the agent ended, or could not be started
	BadReply    Class = "bad reply"    // something came that is not an answer to the case
	NoAnswer    Class = "no answer"    // the recording does not hold the case
	Other       Class = "other"        // an error that the agent itself reported, or any other
)

// Classes lists the classes in the order in which they are told.
var Classes = []Class{Timeout, RateLimit, Refused, Connection, ServerError, Crash, BadReply, NoAnswer, Other}

// noAnswer is the error of a case that a recording does not hold.
const noAnswer = "the recording holds no answer to this case"

// Classify tells the class of a failed call from the error of its output: the
// errors made by this package begin with their class and a colon. It works on
// stored outputs as well.
func Classify(errText string) Class {
	if errText == noAnswer {
		return NoAnswer
	}
	for _, c := range Classes {
		if strings.HasPrefix(errText, string(c)+": ") {
			return c
		}
	}
	return Other
}

// err words an error of the class.
func (c Class) err(msg string) string { return string(c) + ": " + msg }
