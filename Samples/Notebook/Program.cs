Console.WriteLine("Pipeline: the notebook will be told here.");
