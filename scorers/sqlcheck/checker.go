package sqlcheck

import (
	"errors"
	"strings"
	"sync"
)

// Rules say what a statement may do.
type Rules struct {
	Schema   string   // CREATE statements; empty: tables are not looked for
	Tables   []string // that may be read or written; empty: all; needs a schema
	ReadOnly bool     // nothing but queries
}

// Checker holds SQL against rules. It is safe for use by several goroutines.
type Checker struct {
	rules Rules
	mu    sync.Mutex
	conn  conn
}

// conn is a database of which one can ask whether a statement compiles.
type conn interface {
	compile(statement string) error
	Close() error
}

// ErrDenied is what a statement tries to do against the rules.
var ErrDenied = errors.New("not authorized")

// New makes a checker. It fails if the schema is not SQL.
func New(rules Rules) (*Checker, error) {
	if len(rules.Tables) > 0 && rules.Schema == "" {
		return nil, errors.New("allowed tables can only be told with a schema")
	}
	from := 0
	for _, end := range ends(rules.Schema) {
		if part := rules.Schema[from:end]; !blank(part) && keyword(part) != "CREATE" && strings.Count(rules.Schema[:from], "TRIGGER") == 0 {
			return nil, errors.New("schema: expected CREATE statements only, found " + keyword(part))
		}
		from = end
	}
	c, err := open(rules)
	if err != nil {
		return nil, err
	}
	return &Checker{rules: rules, conn: c}, nil
}

// Close frees the database.
func (c *Checker) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn.Close()
}

// Check reads every statement of the text and gives their number, or what is
// wrong with the first that is wrong.
func (c *Checker) Check(sql string) (statements int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := 0
	for _, end := range ends(sql) {
		if blank(sql[from:end]) {
			from = end
			continue
		}
		err := c.compile(sql[from:end])
		if err != nil && strings.Contains(err.Error(), "incomplete input") && end < len(sql) {
			continue // a semicolon inside of a trigger
		}
		if err != nil {
			return statements, err
		}
		statements++
		from = end
	}
	if statements == 0 {
		return 0, errors.New("no statement")
	}
	if !blank(sql[from:]) {
		return statements, errors.New("incomplete input")
	}
	return statements, nil
}

func (c *Checker) compile(statement string) error {
	if c.rules.ReadOnly && !query(statement) {
		return ErrDenied // a table that nobody knows is not even asked for
	}
	err := c.conn.compile(statement)
	if err == nil || c.rules.Schema != "" {
		return err
	}
	// Without a schema a statement that parses fails at the first name.
	for _, unknown := range []string{"no such table", "no such column", "no such view", "no such index", "no such trigger", "no such function", "no such collation"} {
		if strings.Contains(err.Error(), unknown) {
			return nil
		}
	}
	return err
}

// keyword is the first word of a statement, in capitals.
func keyword(statement string) string {
	for blank(statement[:1]) || strings.HasPrefix(statement, "--") || strings.HasPrefix(statement, "/*") {
		switch {
		case strings.HasPrefix(statement, "--"):
			statement = statement[min(skip(statement, 2, "\n")+1, len(statement)):]
		case strings.HasPrefix(statement, "/*"):
			statement = statement[min(skip(statement, 2, "*/")+1, len(statement)):]
		default:
			statement = statement[1:]
		}
		if statement == "" {
			return ""
		}
	}
	end := strings.IndexFunc(statement, func(r rune) bool { return r < 'A' || r > 'Z' && r < 'a' || r > 'z' })
	if end < 0 {
		end = len(statement)
	}
	return strings.ToUpper(statement[:end])
}

// query reports whether a statement only reads: it begins as one, and behind WITH
// there stands, outside of brackets, no word that writes.
func query(statement string) bool {
	switch keyword(statement) {
	case "SELECT", "VALUES":
		return true
	case "WITH":
	default:
		return false
	}
	depth := 0
	for i := 0; i < len(statement); i++ {
		switch c := statement[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '\'' || c == '"' || c == '`':
			i = skip(statement, i+1, string(c))
		case depth == 0 && (i == 0 || !wordByte(statement[i-1])) && wordByte(c):
			switch keyword(statement[i:]) {
			case "INSERT", "UPDATE", "DELETE", "REPLACE":
				return false
			}
		}
	}
	return true
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// ends gives the places behind the semicolons that stand outside of quotations
// and comments, and the end of the text.
func ends(s string) (at []int) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ';':
			at = append(at, i+1)
		case c == '\'' || c == '"' || c == '`':
			i = skip(s, i+1, string(c))
		case c == '[':
			i = skip(s, i+1, "]")
		case c == '-' && strings.HasPrefix(s[i:], "--"):
			i = skip(s, i+2, "\n")
		case c == '/' && strings.HasPrefix(s[i:], "/*"):
			i = skip(s, i+2, "*/")
		}
	}
	if len(at) == 0 || at[len(at)-1] < len(s) {
		at = append(at, len(s))
	}
	return at
}

func skip(s string, from int, end string) int {
	if i := strings.Index(s[min(from, len(s)):], end); i >= 0 {
		return from + i + len(end) - 1
	}
	return len(s)
}

// blank reports whether there is nothing but white space, comments and semicolons.
func blank(s string) bool {
	for {
		s = strings.TrimLeft(s, " \t\r\n;\ufeff")
		switch {
		case s == "":
			return true
		case strings.HasPrefix(s, "--"):
			s = s[min(skip(s, 2, "\n")+1, len(s)):]
		case strings.HasPrefix(s, "/*"):
			s = s[min(skip(s, 2, "*/")+1, len(s)):]
		default:
			return false
		}
	}
}
