// Every number that the compiler decides by, in one place, with what it comes from. Benchmarks/cost-model.sh doubles and halves one after the other and
// prints what that does to a set of programs; "neither" says that neither changed the least of 15 batches of any of the programs by more than its noise.
namespace Pipeline.Engine

[<RequireQualifiedAccess>]
module internal CostModel =
    /// Tensors of at most this many elements are straight-line code, element by element. With 16 for 8 a product of 4x4 matrices in a loop takes 0.61 of
    /// the time, but a minibatch step of 16 rows 2.5 times as long and three bodies 1.4; with 4 nothing is slower that was measured.
    let straightLine = 8

    /// Products over at most this many pairs, and reductions over at most a quarter as many entries, are lane arithmetic. The place of the largest of
    /// rows of 10 takes 1.16 times as long with 64, the gradient of logistic regression on 20 columns 1.09 with 16.
    let thin = 32

    /// Batches of thin products of matrices are lane arithmetic up to so many results. 1,000 products of [4, 4] take 1.8 times as long that way, turned
    /// ones 2.8 times; of [2, 2] 0.8, but their sum 7 times.
    let thinBatch = 128

    /// Data that a loop's thin products read is turned into columns from this many rows on: neither.
    let turnedRows = 32

    /// The most lane operations of one nest. 300 cheap operations on 4,096 elements take 1.9 times as long with 480 (more values than registers); a gated
    /// scan's gradient 1.25 times with 120, functions and means in turn 1.17.
    let nestOperations = 240

    /// The code of a reduction, whose lanes are combined behind its loops, counts as so many of them: about 200 instructions. Neither.
    let reductionOperations = 4

    /// The most lane operations that a consumer computes again instead of reading them: neither.
    let recomputedOperations = 60

    /// A scalar function that is called once a lane counts as so many lane operations, random bits as more: the operations of
    /// their 20 rounds. Neither.
    let scalarCall = 12

    let randomBits = 100

    /// Bytes of a vector, for choices that are the same whatever the machine has.
    let vectorBytes = 64

    /// Cycles of a vector that is loaded or stored a number at a time, and for each element of the step of one that is put together from vectors
    /// that are loaded whole; beside 1 for a vector that lies in memory. 100,000 rows of 10 float32: the maximum of each column takes 407 us over
    /// vectors of 16 rows and 115 over parts of vectors of 10 columns; the sums 406 and 151.
    let stridedLoad = 10.0

    let permutedLoad = 2.0

    let stridedStore = 24.0

    /// Cycles for each result: the lanes of one combined behind its axis, with the place of the extreme beside the extreme. The place of the largest
    /// of each row takes 15,500 us along the row and 205 over vectors of 16 rows.
    let combinedLanes = 12.0

    let combinedPlace = 120.0

    /// Cycles of a vector of sums that lie in memory, lane by lane; and of loads and stores of a part of one.
    let lanesInMemory = 2.0

    let partOfVector = 2.0

    /// Bytes that a tile of rows touches, which stay in the first cache from one nest to the next; programs that touch less than so many in all, or
    /// fewer rows of so many, run without. 100,000 rows of 100 float32, without and in tiles of 16 KB and 64 KB: softmax 8.9, 6.0 and 7.8 ms, its
    /// gradient 15.2, 8.8 and 13.2; rows of 1,000 and more are as fast without.
    let tileBytes = 16_384L

    let tiledFrom = 524_288L

    let tileRows = 4L

    /// The most neighbouring nests of a tile; its rows are those of one of the next so many.
    let tileStatements = 32

    let tileLookahead = 4

    /// Scalar code unrolls axes up to this extent: neither.
    let unrolled = 4

    /// From so many whole turns along an axis on, its rest is a whole turn that begins earlier: at most an eighth is computed twice. Neither.
    let overlappedFrom = 8

    /// Bytes of IL of one nest, and of one method after which the rest goes to another. The JIT stops optimising a method at 60,000. With 18,000 a nest of
    /// 300 cheap operations takes 1.9 times as long, functions and means in turn 1.5; twice as much changes neither.
    let nestCode = 36_000

    let methodCode = 24_000

    /// The part of any of the JIT's limits (MethodSize.fs) after which the rest goes to another method, as what one more statement brings is known only
    /// when it is there, and the most statements of one.
    let methodUse = 0.5

    let methodStatements = 1_000

    /// So many arguments and results are pinned by the code itself, each by a local of the 2,000 that the JIT follows, and so many branches are chosen from
    /// by one method, each a basic block of as many.
    let pinnedArrays = 256

    let methodBranches = 256

    /// The most numbers that a serial loop holds in locals: neither.
    let heldElements = 64

    /// Nests of more reductions, as those of more than half of a method's code, are methods of their own, for the JIT's limits. Neither.
    let methodReductions = 16

    /// Results of more than `remadeFrom` elements that are so many times larger than what they are made of are made in every step again: neither.
    let remade = 4

    let remadeFrom = 1024

    /// From this many bytes on two buffers are exchanged instead of copying one: neither.
    let exchangedBytes = 1024

    /// Operations on constants of at most so many elements are done while compiling: neither.
    let foldedElements = 64

    /// Constants of at most so many elements are looked through for equal ones, or for their range: neither.
    let searchedElements = 65_536

    let searchedRange = 1024

    /// Means of fewer numbers are added up both ways, as they are and scaled; those of more again in a branch of their own, if what they add
    /// up takes at most so many operations. With 64 for 9 the README's minibatch step of 16 rows takes 82 ns instead of 69.
    let longMean = 9

    let repeatedOperations = 16

    /// In lane operations: a loop looks at cancellation in every iteration from so many on, and not at all if it has fewer altogether.
    let watchedIteration = 256.0

    let unwatchedLoop = 262_144.0

    /// Rounds of a conditional loop of less work than that between two looks. A look in every round cost the cheapest loop (v + 1) 14 %, one in
    /// 64 costs it 3 %.
    let watchedRounds = 64

    /// Bytes of what is alive at once in a block, which is to stay in the first cache beside what is read; and the most elements of a block. On blocks
    /// with 512 for 1,024 elements, programs take 1.1 to 1.5 times as long; with half the bytes a full-batch step 1.36, softmax 1.12.
    let blockBytes = 24_576

    let blockElements = 1024

    /// Results side by side in a block: so many in one lane each, and never fewer than that of more lanes. Neither, on blocks too.
    let blockMostResults = 512

    let blockLeastResults = 32

    /// Copies across, of so many elements each way and more, are made by the kernel that turns squares of them, so many elements between two looks at
    /// cancellation. A transposition of float32 takes, for an element of 100, 512 and 1,024 squared, 0.12, 0.24 and 0.29 ns so, and 0.17, 2.3 and 4.3 in
    /// vectors that are put together from single loads.
    let turnedLines = 16

    let turnedElements = 1 <<< 18

    /// The first cache: sets of so many lines. What an element-wise operation would take from more lines than half of those that have room at such a
    /// distance is turned before. x + x' of 500, 512 and 1,024 squared takes 65, 80 and 800 us so, and 170, 870 and 6,500 where x' is read across.
    let cacheSets = 64

    let cacheWays = 8

    /// Functions of more lane operations stay functions: blocks have them precompiled, machine code writes them out. Neither.
    let writtenOut = 4

    /// Nests of so many values or more, with so many for each that is left where functions of the table are one, run on blocks. Ten sines, exponentials
    /// and hyperbolic tangents of 1,000 elements take 0.82 of the time of machine code there, ten hyperbolic tangents 1.2; the first run 0.3 ms instead of 13.
    let largeNest = 120

    let functionOperations = 8

    /// Nanoseconds that machine code takes to make, for a program and for each value of its nests, and those of a step on blocks beside its work.
    let codeBase = 2e6

    let codeValue = 1e5

    let blockStep = 100.0

    /// Programs and loops that wait for machine code; more ask again later.
    let waitingCode = 256
