package agenttest

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Proxy is a TCP proxy with the faults of a network. What goes wrong with a
// connection is drawn when it is made.
type Proxy struct {
	listener net.Listener
	target   string
	healthy  float64 // share of connections with which nothing goes wrong

	mu    sync.Mutex
	rng   *rand.Rand
	conns map[net.Conn]bool
	wait  sync.WaitGroup
	Made  map[string]int // connections by what went wrong with them; read it after Close
}

// NewProxy begins to pass connections on to an address. Of those that are not
// healthy equal shares are slow, reset, stalled, and cut in the middle of an
// answer.
func NewProxy(target string, seed uint64, healthy float64) (*Proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: ln, target: target, healthy: healthy, rng: rand.New(rand.NewPCG(seed, 2)),
		conns: map[net.Conn]bool{}, Made: map[string]int{}}
	p.wait.Go(p.accept)
	return p, nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close ends the proxy and every connection.
func (p *Proxy) Close() {
	p.listener.Close()
	p.mu.Lock()
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.wait.Wait()
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		kind, after := p.draw()
		p.keep(c)
		p.wait.Go(func() { p.pass(c, kind, after) })
	}
}

// draw gives what goes wrong, and after how many bytes of answers.
func (p *Proxy) draw() (kind string, after int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kind = "healthy"
	if p.rng.Float64() >= p.healthy {
		kind = []string{"latency", "reset", "stall", "cut"}[p.rng.IntN(4)]
	}
	p.Made[kind]++
	return kind, p.rng.Int64N(4000)
}

func (p *Proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = true
}

func (p *Proxy) drop(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) pass(client net.Conn, kind string, after int64) {
	defer p.drop(client)
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	p.keep(server)
	defer p.drop(server)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		_, _ = io.Copy(server, client)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	switch kind {
	case "healthy":
		_, _ = io.Copy(client, server)
	case "latency":
		slowly(client, server)
	default:
		_, _ = io.CopyN(client, server, after)
		switch kind {
		case "reset":
			_ = client.(*net.TCPConn).SetLinger(0)
		case "stall":
			<-asked // until the client gives up
		}
	}
	client.Close()
	server.Close()
	<-asked
}

// slowly copies with a delay at every piece.
func slowly(dst io.Writer, src io.Reader) {
	buf := make([]byte, 16<<10)
	for {
		n, err := src.Read(buf)
		time.Sleep(2 * time.Millisecond)
		if _, werr := dst.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}
