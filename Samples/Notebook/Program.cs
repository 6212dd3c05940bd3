// The notebook "JAX for neural networks", section by section: what it printed beside what is computed here. With --json: the computed values as one object.
using System.Text.Json;
using Notebook;

var fullBatch = new FullBatchSection();
Section[] sections =
[
    new GradientSection(),
    new TaylorSection(),
    fullBatch,
    new InferenceSection(fullBatch.Fitted),
    new MinibatchSection(fullBatch.Fitted.Parameters),
];

if (args.Contains("--json"))
    Console.WriteLine(
        JsonSerializer.Serialize(
            sections.ToDictionary(s => s.Name, s => s.Json),
            new JsonSerializerOptions { WriteIndented = true }
        )
    );
else
    foreach (var section in sections)
        section.Print();
