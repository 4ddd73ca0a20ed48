// Call `gone` when the kernel behind a widget's model is gone for good: restarted, dead, or shut down.

function whenKernelGone(model, gone) {
  model.on("comm_live_update", gone); // what every widget manager says of a restart
  const kernel = model.widget_manager?.kernel; // JupyterLab's and Notebook's: they know more
  const ends = ["restarting", "autorestarting", "terminating", "dead"];
  kernel?.statusChanged?.connect((_, status) => ends.includes(status) && gone());
  kernel?.disposed?.connect(gone);
}
