package binding_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/binding"
)

// counted is a resource that counts how often it was closed.
type counted struct{ closed int }

func (c *counted) Close() { c.closed++ }

func TestConnection_Pinned(t *testing.T) {
	t.Parallel()
	var c binding.Connection
	made := 0
	create := func() binding.Resource { made++; return &counted{} }
	assert.False(t, c.HasPin("a"))
	first, ok := c.Pinned("a", create)
	assert.True(t, ok)
	again, ok := c.Pinned("a", create)
	assert.True(t, ok)
	other, ok := c.Pinned("b", create)
	assert.True(t, ok)
	assert.Same(t, first, again)
	assert.NotSame(t, first, other)
	assert.Equal(t, 2, made)
	assert.True(t, c.HasPin("a"))

	c.Close()
	c.Close()
	assert.Equal(t, 1, first.(*counted).closed) //nolint:errcheck,forcetypeassert // made above
	assert.Equal(t, 1, other.(*counted).closed) //nolint:errcheck,forcetypeassert // made above
	assert.False(t, c.HasPin("a"))
}

// A handler may ask for a pin after its client has gone: then nobody would ever
// close what it gets.
func TestConnection_Pinned_closed(t *testing.T) {
	t.Parallel()
	var c binding.Connection
	c.Close()
	r, ok := c.Pinned("a", func() binding.Resource {
		t.Error("made for a connection that is gone")
		return &counted{}
	})
	assert.False(t, ok)
	assert.Nil(t, r)
}

func TestConnection_concurrent(t *testing.T) {
	t.Parallel()
	var c binding.Connection
	var mu sync.Mutex
	var made []*counted
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c.Pinned("a", func() binding.Resource {
				r := &counted{}
				mu.Lock()
				defer mu.Unlock()
				made = append(made, r)
				return r
			})
			c.HasPin("a")
		})
		wg.Go(c.Close)
	}
	wg.Wait()
	assert.LessOrEqual(t, len(made), 1)
	for _, r := range made {
		assert.Equal(t, 1, r.closed)
	}
}
