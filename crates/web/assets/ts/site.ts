// Small comforts on top of pages that are whole without them.
import { theme } from "./theme";
import { countdowns } from "./countdown";
import { holds } from "./holds";
import { copyButtons } from "./copy";
import { tickGroups } from "./tick";
import { errorSummary } from "./summary";

theme();
countdowns();
holds();
copyButtons();
tickGroups();
errorSummary();
