package sensitive

import (
	"strings"
	"testing"
)

// The numbers are the published examples and test numbers of their issuers.
func TestFind(t *testing.T) {
	for _, c := range []struct{ text, kind, found string }{
		{"card 4111 1111 1111 1111.", "card", "4111 1111 1111 1111"},
		{"5555555555554444", "card", "5555555555554444"},
		{"378282246310005", "card", "378282246310005"},
		{"4111 1111 1111 1112", "", ""},
		{"to DE89 3704 0044 0532 0130 00 please", "iban", "DE89 3704 0044 0532 0130 00"},
		{"GB82WEST12345698765432", "iban", "GB82WEST12345698765432"},
		{"GB83WEST12345698765432", "", ""},
		{"write to anna.berg+x@mail.example.co.uk, please", "email", "anna.berg+x@mail.example.co.uk"},
		{"@team and a@b", "", ""},
		{"call +49 30 901820 now", "phone", "+49 30 901820"},
		{"call (555) 123-4567", "phone", "(555) 123-4567"},
		{"call 555-123-4567", "phone", "555-123-4567"},
		{"order 555-123-45678 of 2026-11-20", "", ""},
		{"AKIAIOSFODNN7EXAMPLE", "key", "AKIAIOSFODNN7EXAMPLE"},
		{"ghp_" + strings.Repeat("aB3", 12), "key", "ghp_" + strings.Repeat("aB3", 12)},
		{"sk-ant-api03-abcdefGHIJK12345", "key", "sk-ant-api03-abcdefGHIJK12345"},
		{`password = "hunter2Xq9z"`, "key", "hunter2Xq9z"},
		{"password: ********", "", ""},
		{"The password is hunter2.", "key", "hunter2."},
		{"Passwort: geheim123", "key", "geheim123"},
		{"Authorization: Bearer abcdefghijklmnop1234567890", "key", "abcdefghijklmnop1234567890"},
		{"postgres://user:s3cret@host/db", "key", "s3cret"},
		{"token: refundable", "", ""},
		{"123-45-6789", "ssn", "123-45-6789"},
		{"000-45-6789", "", ""},
		{"-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "key", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"},
		{"Card: 4111 1111 1111 1111 12/27", "card", "4111 1111 1111 1111"},
		{"4111 1111 1111 1111 123", "card", "4111 1111 1111 1111"},
		{"2221 0000 0000 0009", "card", "2221 0000 0000 0009"},
		{"at 2220 0000 0000 0000 0009", "", ""},
		{"build 41111111111111110", "", ""},
		{"IBAN: DE89370400440532013000 BIC: COBADEFFXXX", "iban", "DE89370400440532013000"},
		{"DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", "iban", "DE89 3704 0044 0532 0130 00"},
		{"GB29 NWBK 6016 1331 9268 19 I will pay", "iban", "GB29 NWBK 6016 1331 9268 19"},
		{"DE893704004405320130001234", "", ""},
		{"DB_PASSWORD=Sup3rSecret1", "key", "Sup3rSecret1"},
		{"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
		{"client_secret=abc123def456ghi", "key", "abc123def456ghi"},
		{`"access_token": "abc123def456ghi789"`, "key", "abc123def456ghi789"},
		{"MYSQL_ROOT_PASSWORD: hunter22", "key", "hunter22"},
		{"userPassword: hunter22", "key", "hunter22"},
		{"Your password is `hunter22`.", "key", "hunter22"},
		{"the password is: hunter22", "key", "hunter22"},
		{"**Password:** hunter22", "key", "hunter22"},
		{"password: Sup3r.Secret1", "key", "Sup3r.Secret1"},
		{"API key is 9f8e7d6c5b4a39281706f5e4d3c2b1a0", "key", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"},
		{"-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc\n-----END PGP PRIVATE KEY BLOCK-----", "key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc\n-----END PGP PRIVATE KEY BLOCK-----"},
		{"-----BEGIN PGP PUBLIC KEY BLOCK-----", "", ""},
		{"call 1-800-555-0199", "phone", "1-800-555-0199"},
		{"part 11-800-555-0199", "", ""},
		{"git clone git@github.com:org/repo.git", "", ""},
		{"write to anna@example.com: she answers", "email", "anna@example.com"},
		{"logo@2x.png", "", ""},
		{"x = 5+12345678, x^2+10000000", "", ""},
		{"+100 000 000 people, +250 500 000 more", "", ""},
		{"phone=+4930901820", "phone", "+4930901820"},
		{"+1 555 123 4567", "phone", "+1 555 123 4567"},
		{"const token = process.env.TOKEN2", "", ""},
		{"token = get_token1()", "", ""},
		{"api_key: YOUR_API_KEY_1", "", ""},
		{"PASSWORD=$DB_PASSWORD1", "", ""},
		{"Set the token: gpt-4o-mini", "", ""},
		{"The token is calculated in 3 steps.", "", ""},
		{"max_tokens: 4096abc, tokenizer = bert2tok", "", ""},
	} {
		found := Find(c.text)
		switch {
		case c.kind == "" && len(found) == 0:
		case c.kind == "" || len(found) != 1 || found[0].Kind != c.kind || c.text[found[0].Start:found[0].End] != c.found:
			t.Errorf("%q: %+v, want %s %q", c.text, found, c.kind, c.found)
		}
	}
	if got := Find("a@b.de 4111111111111111", "card"); len(got) != 1 || got[0].Kind != "card" {
		t.Errorf("only cards: %+v", got)
	}
}

func TestMask(t *testing.T) {
	s := "mail anna@example.com or a@b.de"
	got := Mask(s, Find(s))
	if want := "mail [email]********* or ******"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzMask(f *testing.F) {
	f.Add("a@b.de +49 30 901820 4111111111111111\xff")
	f.Fuzz(func(t *testing.T, s string) {
		m := Mask(s, Find(s))
		if len(m) != len(s) {
			t.Fatalf("%q has another length than %q", m, s)
		}
	})
}
