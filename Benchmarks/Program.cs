Pipeline.Benchmarks.FullBatchStep.Run();
