/** The script that tells the viewer of this server before it begins. Options are OHIF's: docs.ohif.org/configuration. */
import { NEXT, SIGN_IN_PATH } from '../sign-in.js';
import { VIEWER_RELEASE } from './viewer-package.js';

export interface ViewerConfigurationParts {
  /** The path of the portal, without a slash at its end. */
  readonly base: string;
  readonly publicURL: string;
  readonly dicomwebPath: string;
}

/** Ways of looking that are for other images than those of the chest, or for those who develop the viewer. */
const HIDDEN_MODES = [
  '@ohif/mode-segmentation',
  '@ohif/mode-tmtv',
  '@ohif/mode-microscopy',
  '@ohif/mode-preclinical-4d',
  '@ohif/mode-ultrasound-pleura-bline',
];

/** What can be written as JSON; the rest is in the script. */
const settings = ({ base }: ViewerConfigurationParts) => ({
  name: 'NCCID',
  routerBasename: `${base}/viewer`,
  extensions: [],
  modes: [],
  modesConfiguration: Object.fromEntries(HIDDEN_MODES.map((mode) => [mode, { hide: { $set: true } }])),
  // No tour of the viewer for whoever opens his first study.
  customizationService: [{ 'ohif.tours': { $set: [] } }],
  showStudyList: true,
  maxNumberOfWebWorkers: 3,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: true,
  showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true,
  experimentalStudyBrowserSort: false,
  groupEnabledModesFirst: true,
  investigationalUseDialog: { option: 'never' },
  showErrorDetails: 'always',
  maxNumRequests: { interaction: 100, thumbnail: 75, prefetch: 25 },
  defaultDataSourceName: 'nccid',
});

const dataSource = {
  friendlyName: 'NCCID',
  name: 'nccid',
  qidoSupportsIncludeField: true,
  supportsFuzzyMatching: true,
  supportsWildcard: true,
  supportsReject: false,
  dicomUploadEnabled: false,
  imageRendering: 'wadors',
  thumbnailRendering: 'thumbnailDirect',
  enableStudyLazyLoad: true,
  singlepart: 'bulkdata,video',
  // A frame by itself, as it is stored: to take it out of a multipart body costs the page a look at each of its bytes.
  acceptHeader: ['application/octet-stream; transfer-syntax=*', '*/*; transfer-syntax=*; q=0.5'],
};

/**
 * Write the script. Addresses are made in the browser, from the host by which it knows the archive: it may know another one
 * than the public URL, such as localhost. Parts of the viewer read
 * `__filename`, which is Node's, and break where it is not there.
 */
export const viewerConfiguration = (parts: ViewerConfigurationParts): string => {
  const { base, publicURL, dicomwebPath } = parts;
  return `'use strict';
(() => {
  const own = location.origin + ${literal(base)};
  const dicomweb = own + ${literal(dicomwebPath)};
  window.__filename = '';
  window.PUBLIC_URL = ${literal(`${base}/viewer/`)};
  window.browserImportFunction = (name) => import(name.startsWith('/') ? ${literal(`${base}/viewer/${VIEWER_RELEASE}`)} + name : name);
  window.config = {
    ...${literal(settings(parts))},
    dataSources: [{
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'nccid',
      configuration: {
        ...${literal(dataSource)},
        wadoUriRoot: dicomweb + '/wado',
        qidoRoot: dicomweb,
        wadoRoot: dicomweb,
        bulkDataURI: { enabled: true, startsWith: ${literal(publicURL)}, prefixWith: own },
      },
    }],
    whiteLabeling: {
      createLogoComponentFn: (React) => React.createElement('a', {
        href: own + '/', title: 'Start page of the archive',
        style: { color: '#fff', fontSize: '20px', textDecoration: 'none', letterSpacing: '0.06em', fontWeight: 700 },
      }, 'NCCID'),
    },
    // A session that has ended: sign in again, and come back.
    httpErrorHandler: (error) => {
      if (error?.status === 401) location.assign(own + ${literal(`${SIGN_IN_PATH}?${NEXT}=`)} + encodeURIComponent(location.pathname + location.search));
    },
  };
})();
`;
};

/** As a script may hold it, wherever the script stands. */
const literal = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
