/** What the worker's code calls by this name. */
type WorkerNavigator = Navigator;
