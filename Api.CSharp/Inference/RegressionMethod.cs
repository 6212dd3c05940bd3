namespace Pipeline;

/// <summary>How the coefficients of a linear model are found.</summary>
public enum RegressionMethod
{
    /// <summary>Least squares by a QR decomposition.</summary>
    Exact,

    /// <summary>Gradient descent on standardized columns, each update with all rows.</summary>
    FullBatch,

    /// <summary>Gradient descent on standardized columns with shuffled minibatches and a rate that decays, so that it settles.</summary>
    Minibatch,
}
