package store

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxBody bounds what a damaged or hostile file can make the reader allocate.
const maxBody = 1 << 30

// packer compresses and restores bodies. The zero value is ready.
type packer struct {
	once sync.Once
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	err  error
}

func (p *packer) start() error {
	p.once.Do(func() {
		if p.enc, p.err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithAllLitEntropyCompression(true), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(false)); p.err != nil {
			return
		}
		p.dec, p.err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBody))
	})
	return p.err
}

// body is a text ready to be stored.
type body struct {
	known int64 // its id, if the store has it already
	hash  [16]byte
	size  int
	codec string
	data  []byte
}

func bodyHash(plain []byte) (h [16]byte) {
	sum := sha256.Sum256(plain)
	copy(h[:], sum[:])
	return h
}

// newBody names a text by its hash; it is compressed only if it has to be
// stored.
func newBody(plain []byte) body {
	if plain == nil {
		plain = []byte{}
	}
	return body{hash: bodyHash(plain), size: len(plain), codec: "plain", data: plain}
}

// pack compresses a body where that makes it smaller.
func (p *packer) pack(b *body) error {
	if b.size < 64 {
		return nil
	}
	if err := p.start(); err != nil {
		return err
	}
	if packed := p.enc.EncodeAll(b.data, make([]byte, 0, b.size/2)); len(packed) < b.size {
		b.codec, b.data = "zstd", packed
	}
	return nil
}

// unpack restores a text and checks that it is the one that was stored.
func (p *packer) unpack(b body) ([]byte, error) {
	plain := b.data
	if b.codec == "zstd" {
		if err := p.start(); err != nil {
			return nil, err
		}
		if b.size < 0 || b.size > maxBody {
			return nil, fmt.Errorf("stored text says it has %d bytes", b.size)
		}
		var err error
		if plain, err = p.dec.DecodeAll(b.data, make([]byte, 0, min(b.size, 64<<10+64*len(b.data)))); err != nil {
			return nil, fmt.Errorf("stored text is damaged: %w", err)
		}
	}
	if bodyHash(plain) != b.hash {
		return nil, fmt.Errorf("stored text is damaged: its hash does not agree")
	}
	return plain, nil
}
