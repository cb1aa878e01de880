//go:build race

package xpath_test

// raceDetector: a sync.Pool then drops what it likes.
const raceDetector = true
