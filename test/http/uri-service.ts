/** The route whose UIDs are in the query, for tests that ask every route with the UIDs of an instance in its template. */

const PATH = '/wado';

const QUERY = 'requestType=WADO&studyUID={study}&seriesUID={series}&objectUID={instance}&contentType=application/dicom';

/** A template of the table of routes, with a query where it takes one to say what is asked for. */
export const withUIDs = (template: string): string => (template === PATH ? `${PATH}?${QUERY}` : template);
