Console.WriteLine("Pipeline: a fit of a data file will be shown here.");
