package text

// DistinctRuns counts the different runs of n words in a row. n is at least 1.
func DistinctRuns(words []string, n int) int {
	if len(words) < n {
		return 0
	}
	ids := Numbered(words)[0]
	// Runs get numbers in turn: that of the first words of the run, and its last.
	run := append([]int32(nil), ids...)
	distinct := 0
	for length := 1; length <= n; length++ {
		number := make(map[[2]int32]int32, len(words)/2)
		for i := 0; i+length <= len(ids); i++ {
			key := [2]int32{-1, ids[i]}
			if length > 1 {
				key = [2]int32{run[i], ids[i+length-1]}
			}
			id, ok := number[key]
			if !ok {
				id = int32(len(number))
				number[key] = id
			}
			run[i] = id
		}
		distinct = len(number)
	}
	return distinct
}
