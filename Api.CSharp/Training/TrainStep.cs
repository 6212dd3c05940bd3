namespace Pipeline;

/// <summary>A step of training: a pure function from a state and a batch to the next state.</summary>
public delegate TrainState<T> TrainStep<T, TBatch>(TrainState<T> state, TBatch batch);
