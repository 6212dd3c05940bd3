namespace Pipeline;

/// <summary>Two running averages of one parameter's gradients.</summary>
/// <param name="First">Of the gradients.</param>
/// <param name="Second">Of their squares, or of what the method takes in their place.</param>
public sealed record GradientMoments(Tensor First, Tensor Second);
