package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// tmpfsEnv names the folder on which TestFullDisk, started anew in a name space
// of its own, may mount a small disk.
const tmpfsEnv = "HOLDTRUE_TEST_TMPFS"

// TestFullDisk fills the disk of the store at every stage of a run: before it,
// in the middle, at its end, and with ever more room left. A run that does not
// fit ends with 5 and says what to do, the database stays whole, and with room
// again the run goes on without asking for what is stored. HOLDTRUE_FULL=1 tries
// many more sizes.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the whole program: left out by -short")
	}
	if disk := os.Getenv(tmpfsEnv); disk != "" {
		fullDisk(t, disk)
		return
	}
	// A process may mount what it likes where it is root, which it may be in a
	// user name space of its own.
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), tmpfsEnv+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil && len(out) == 0:
		t.Skipf("this machine lets no process mount a small disk, so a full one is not tried: %v", err)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	case err != nil || !strings.Contains(string(out), "--- PASS: TestFullDisk"):
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// small is the size of the disk: some times what a run takes.
const small = 4 << 20

func fullDisk(t *testing.T, disk string) {
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		t.Skipf("no mount of a small disk here, so a full one is not tried: %v", err)
	}
	if err := syscall.Mount("none", disk, "tmpfs", 0, fmt.Sprintf("size=%d", small)); err != nil {
		t.Skipf("no mount of a small disk here, so a full one is not tried: %v", err)
	}
	dir := t.TempDir()
	if err := writeBotSuite(dir, 60); err != nil {
		t.Fatal(err)
	}
	calm := filepath.Join(dir, "calm.db")
	if code := start(t, dir, filepath.Join(dir, "calm"), nil, "run", "--agent", "bot", "--store", calm).wait(t); code != 0 {
		t.Fatal("the undisturbed run ended with", code)
	}
	run, _ := newest(t, calm)
	f := filler{t: t, disk: disk, dir: dir, want: stored(t, calm, run.ID)}

	f.try("before the run", 0, "")
	f.try("in the middle", -1, "c030")
	f.try("at the last answer", -1, "c059")
	step := int64(256 << 10)
	if os.Getenv("HOLDTRUE_FULL") != "" {
		step = 16 << 10
	}
	failed, passed := 0, 0
	for left := step; passed < 2; left += step {
		if f.try(fmt.Sprintf("%d KB left", left>>10), left, "") {
			failed++
		} else {
			passed++
		}
	}
	t.Logf("with ever more room: %d runs did not fit and went on later, %d fitted", failed, passed)
}

// filler tries runs on a disk that is filled.
type filler struct {
	t         *testing.T
	disk, dir string
	want      map[string]string // what a run holds in the end
	tries     int
}

// try has the disk filled before the run but for some bytes or, where left is
// below 0, by the agent when it is asked a case. It says whether the run failed
// for it.
func (f *filler) try(stage string, left int64, at string) (failed bool) {
	t := f.t
	t.Helper()
	f.tries++
	path, ballast := filepath.Join(f.disk, "runs.db"), filepath.Join(f.disk, "ballast")
	log := filepath.Join(f.dir, fmt.Sprint("log", f.tries))
	if left >= 0 {
		if err := fill(ballast, left); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"run", "--agent", "bot", "--concurrency", "1", "--store", path}
	c := start(t, f.dir, log, []string{botFills + "=" + ballast, botWhen + "=" + at}, args...)
	code := c.wait(t)
	switch {
	case code == 0 && left > 0:
	case code != 5 || !strings.Contains(c.said.String(), "hint: free some space on the disk that holds "+path) || at != "" && !goesOn(c.said.String()):
		t.Fatalf("%s: exit %d\n%s", stage, code, c.said.String())
	default:
		failed = true
	}
	asked := questions(t, log)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	intact(t, path)
	if failed {
		have := map[string]string{}
		if run, ok := newestIf(t, path); ok {
			have = stored(t, path, run.ID)
		}
		if n := lost(asked, have); n > 2 {
			t.Errorf("%s: %d answers were asked for and are not stored; at one call at a time two may be lost", stage, n)
		}
		if again := start(t, f.dir, log, nil, append(args, "--resume")...); again.wait(t) != 0 {
			t.Fatalf("%s: the run did not go on\n%s", stage, again.said.String())
		}
		for key, n := range questions(t, log) {
			if _, ok := have[key]; ok && n > 1 {
				t.Errorf("%s: %s was stored and asked again", stage, key)
			}
		}
	}
	run, _ := newest(t, path)
	if got := stored(t, path, run.ID); run.Status != "complete" || !sameAnswers(got, f.want) {
		t.Errorf("%s: in the end the run is %s: %s", stage, run.Status, firstDifference(got, f.want))
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		_ = os.Remove(name)
	}
	return failed
}

// goesOn says whether a message tells how to go on.
func goesOn(said string) bool {
	return regexp.MustCompile(`(?m)^hint: holdtrue run .* --resume$`).MatchString(said)
}
