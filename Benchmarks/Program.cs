Console.WriteLine("Pipeline: measurements will be printed here.");
